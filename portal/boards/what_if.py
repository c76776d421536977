"""What if: the portfolio as it is, as somebody would have it, and the best there is under the same caps."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.money import typed_minor
from outcomes.choice import Candidate, Choice, NoChoice, choose, sum_of
from portal.boards.after_risk import HORIZON_MONTHS, RATE_BP, Prospect, prospects_of
from portal.boards.rows import ProjectRow, project_rows
from projects.models import Allocation, Project

FULL_TIME_HOURS = 40
MOST_RATE_BP = 5_000
RATE = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?", re.ASCII)
DELAYS = (-6, -3, 0, 3, 6, 12, 24)  # offered in words; a bar may stand on any month from the first to the last
MONTHS = frozenset(map(str, range(DELAYS[0], DELAYS[-1] + 1)))
MOST_ROWS = 100


@dataclass(frozen=True)
class Weighed:
    """One project with what its worth depends on and the people it has, before anybody asks."""

    row: ProjectRow
    prospect: Prospect
    people_tenths: int

    def moved_by(self, asked: "Asked") -> int:
        """Months that it is moved by as asked; no model begins to work before today."""
        return max(asked.delays.get(self.row.project.key, 0), -self.prospect.starts_in)

    def candidate(self, rate_bp: int, delay: int = 0, must: bool | None = None) -> Candidate:
        value = self.prospect.after_risk(rate_bp, delay)
        return Candidate(self.row.project.key, value, self.prospect.cost_minor, self.people_tenths, must)


@dataclass(frozen=True)
class Option:
    """One project of the question, with what the asker did to it."""

    row: ProjectRow
    is_measured: bool
    p_percent: int
    starts_in: int
    delay: int
    is_in: bool
    is_kept: bool
    candidate: Candidate

    @property
    def delays(self) -> list[tuple[int, str]]:
        """What the field offers, with what was asked, in words; no model begins to work before today."""
        offered = {delay for delay in DELAYS if delay >= -self.starts_in} | {self.delay}
        return [(months, _moved(months)) for months in sorted(offered)]

    @property
    def begins_in(self) -> int:
        return self.starts_in + self.delay

    @property
    def earliest(self) -> int:
        return max(0, self.starts_in + DELAYS[0])

    @property
    def latest(self) -> int:
        return self.starts_in + DELAYS[-1]

    @property
    def plan_percent(self) -> int:
        return _place(self.starts_in)

    @property
    def begin_percent(self) -> int:
        return _place(self.begins_in)


def _moved(months: int) -> str:
    """Where a month lies from the plan."""
    if not months:
        return _("as planned")
    if months < 0:
        return ngettext("%(n)d month earlier", "%(n)d months earlier", -months) % {"n": -months}
    return ngettext("%(n)d month later", "%(n)d months later", months) % {"n": months}


def _place(month: int) -> int:
    """Where a month stands on the course of the horizon, in percent."""
    return min(100, round(100 * month / HORIZON_MONTHS))


@dataclass(frozen=True)
class WhatIf:
    """Three portfolios under one measure. `best` is a reason where no choice keeps to the caps."""

    options: tuple[Option, ...]
    now: Choice
    yours: Choice
    best: Choice | NoChoice | None
    currency: str
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def best_choice(self) -> Choice | None:
        return self.best if isinstance(self.best, Choice) else None

    @property
    def no_choice(self) -> str:
        return self.best.reason if isinstance(self.best, NoChoice) else ""


@dataclass(frozen=True)
class Asked:
    """What somebody asks, read from the address; an address is therefore a question that can be sent to others."""

    out: frozenset[str]
    kept: frozenset[str]
    delays: Mapping[str, int]
    money_minor: int | None
    people_tenths: int | None
    wants_best: bool
    rate_bp: int = RATE_BP

    @classmethod
    def of(cls, query: QueryDict, currency: str) -> "Asked":
        """Raises ValidationError with the fields that cannot be read, each with its reason."""
        delays = {name.removeprefix("delay-"): query.get(name, "") for name in query if name.startswith("delay-")}
        faults: dict[str, list[str]] = {}

        def read(name: str, reader: Callable[[str], int]) -> int | None:
            words = query.get(name, "").strip()
            try:
                return reader(words) if words else None
            except ValidationError as error:
                faults[name] = error.messages
                return None

        money_minor = read("money", lambda words: typed_minor(words, currency))
        people_tenths = read("people", lambda words: typed_minor(words, "EUR") // 10)
        rate_bp = read("rate", _rate_bp)
        if faults:
            raise ValidationError(faults)
        return cls(
            out=frozenset(query.getlist("out")),
            kept=frozenset(query.getlist("keep")),
            delays={key: int(months) for key, months in delays.items() if months in MONTHS},
            money_minor=money_minor,
            people_tenths=people_tenths,
            wants_best="best" in query,
            rate_bp=RATE_BP if rate_bp is None else rate_bp,
        )


def _rate_bp(words: str) -> int:
    """Hundredths of a percent of a rate that was typed in percent."""
    rate = int(Decimal(words) * 100) if RATE.fullmatch(words) else None
    if rate is None or rate > MOST_RATE_BP:
        text = _("“%(typed)s” is no discount rate between 0 and %(most)d percent. Write it like 8 or 7.5.")
        raise ValidationError(text, code="not_a_rate", params={"typed": words, "most": MOST_RATE_BP // 100})
    return rate


def weigh(projects: Iterable[Project], currency: str, today: date) -> tuple[Weighed, ...]:
    """The projects that are worth something in that currency; the queries do not grow with them."""
    rows = project_rows(projects, today)
    prospects = prospects_of(rows, currency, today)
    people = _people(list(prospects), today)
    return tuple(
        Weighed(row, prospects[row.project.pk], people.get(row.project.pk, 0) * 10 // FULL_TIME_HOURS)
        for row in rows
        if row.project.pk in prospects
    )


def what_if(projects: Iterable[Weighed], asked: Asked, currency: str) -> WhatIf:
    """Three portfolios of these projects: as it is, as asked, and the best under the caps."""
    options, now_worth = [], {}
    for each in projects:
        key = each.row.project.key
        delay, is_kept = each.moved_by(asked), key in asked.kept
        candidate = each.candidate(asked.rate_bp, delay, must=True if is_kept else None)
        now_worth[key] = each.candidate(asked.rate_bp)
        options.append(
            Option(
                each.row,
                each.prospect.is_measured,
                each.prospect.p_percent,
                each.prospect.starts_in,
                delay,
                key not in asked.out,
                is_kept,
                candidate,
            )
        )
    options.sort(key=lambda option: (-option.candidate.value_minor, option.candidate.key))
    candidates = [option.candidate for option in options]
    yours = sum_of(candidates, frozenset(option.candidate.key for option in options if option.is_in))
    best = (
        choose(candidates, money_minor=asked.money_minor, people_tenths=asked.people_tenths)
        if asked.wants_best
        else None
    )
    titles = {option.candidate.key: option.row.project.title for option in options}
    chosen = best.keys if isinstance(best, Choice) else yours.keys
    return WhatIf(
        tuple(options[:MOST_ROWS]),
        sum_of(list(now_worth.values()), frozenset(now_worth)),
        yours,
        best,
        currency,
        added=tuple(titles[key] for key in sorted(chosen - yours.keys)),
        dropped=tuple(titles[key] for key in sorted(yours.keys - chosen)),
    )


def _people(keys: list[int], today: date) -> dict[int, int]:
    """Hours a week that people give each project today for certain."""
    certain = Allocation.objects.filter(project__in=keys, status=Allocation.Status.CONFIRMED).on(today)
    hours = certain.values("project").annotate(sum=Sum("hours_per_week"))
    return dict(hours.values_list("project", "sum").order_by())
