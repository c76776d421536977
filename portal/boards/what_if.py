"""What if: the portfolio as it is, as somebody would have it, and the best there is under the same caps."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Avg, F, Q, Sum
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance.money import typed_minor
from outcomes.choice import Candidate, Choice, NoChoice, choose, sum_of
from outcomes.models import BusinessCase
from portal.boards.rows import ProjectRow, project_rows
from projects.models import Allocation, Project, Stage, Station

HORIZON_MONTHS, FULL_TIME_HOURS = 36, 40
RATE_BP, MOST_RATE_BP = 800, 5_000  # discounted by this a year unless asked otherwise; and at most by that
RATE = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?", re.ASCII)
DELAYS = (-6, -3, 0, 3, 6, 12, 24)  # offered in words; a bar may stand on any month from the first to the last
MONTHS = frozenset(map(str, range(DELAYS[0], DELAYS[-1] + 1)))
MOST_ROWS = 100


@dataclass(frozen=True)
class Weighed:
    """One project with what its worth depends on, before anybody asks.

    A year is worth what its newest finished run brings by the value contract, or, while there is none, what its newest
    business case expects of a year with benefits.
    """

    row: ProjectRow
    year_minor: int
    is_measured: bool
    p_percent: int
    starts_in: int
    cost_minor: int
    people_tenths: int

    def candidate(self, rate_bp: int, delay: int = 0, must: bool | None = None) -> Candidate:
        value = worth(self.year_minor, self.p_percent, self.starts_in + delay, rate_bp) - self.cost_minor
        return Candidate(self.row.project.key, value, self.cost_minor, self.people_tenths, must)


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
    found = [row for row in project_rows(projects, today) if row.money.currency == currency]
    expected = _expected_years([row.project.pk for row in found], currency)
    years = {row.project.pk: row.value.net_minor for row in found if row.value and row.value.currency == currency}
    rows = [row for row in found if row.project.pk in years or expected.get(row.project.pk)]
    keys = [row.project.pk for row in rows]
    stages, people = _stages(keys), _people(keys, today)
    return tuple(
        Weighed(
            row,
            year_minor=years[row.project.pk] if row.project.pk in years else expected[row.project.pk],
            is_measured=row.project.pk in years,
            p_percent=_odds(stages[row.project.pk]),
            starts_in=_starts_in(row.station, stages[row.project.pk], today),
            cost_minor=max(0, row.money.left),
            people_tenths=people.get(row.project.pk, 0) * 10 // FULL_TIME_HOURS,
        )
        for row in rows
    )


def what_if(projects: Iterable[Weighed], asked: Asked, currency: str) -> WhatIf:
    """Three portfolios of these projects: as it is, as asked, and the best under the caps."""
    options, now_worth = [], {}
    for each in projects:
        key = each.row.project.key
        delay, is_kept = max(asked.delays.get(key, 0), -each.starts_in), key in asked.kept
        candidate = each.candidate(asked.rate_bp, delay, must=True if is_kept else None)
        now_worth[key] = each.candidate(asked.rate_bp)
        options.append(
            Option(
                each.row,
                each.is_measured,
                each.p_percent,
                each.starts_in,
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


def worth(year_minor: int, p_percent: int, starts_in: int, rate_bp: int) -> int:
    """Net value of the horizon after risk, in today's money: each month's share, discounted to today."""
    factor = sum((1 + rate_bp / 10_000) ** (-month / 12) for month in range(starts_in + 1, HORIZON_MONTHS + 1))
    return int(Decimal(year_minor) / 12 * p_percent / 100 * Decimal(str(round(factor, 9))))


def _expected_years(keys: list[int], currency: str) -> dict[int, int]:
    """What the newest business case of each project expects of a year with benefits, less what that year costs."""
    cases = BusinessCase.objects.filter(project__in=keys, currency=currency).order_by("project", "version")
    mean = Avg(F("flows__benefit_minor") - F("flows__cost_minor"), filter=Q(flows__benefit_minor__gt=0))
    return {project: int(year or 0) for project, year in cases.annotate(year=mean).values_list("project", "year")}


def _odds(stages: Iterable[Stage]) -> int:
    """Cumulative probability of the stages that are not finished, in percent; one nobody assessed counts as certain."""
    odds = Decimal(1)
    for stage in stages:
        if stage.actual_finish is None and stage.p_success_percent is not None:
            odds = odds * stage.p_success_percent / 100
    return int(odds * 100)


def _starts_in(station: Station, stages: Iterable[Stage], today: date) -> int:
    """Whole months until the model works: none from the deployment on."""
    if station.position >= Station.DEPLOYMENT.position:
        return 0
    ready = next((stage for stage in stages if stage.station == Station.DEPLOYMENT), None)
    day = (ready.forecast_finish or ready.planned_finish) if ready else None
    return max(0, (day.year - today.year) * 12 + day.month - today.month) if day else 0


def _stages(keys: list[int]) -> dict[int, list[Stage]]:
    found: dict[int, list[Stage]] = defaultdict(list)
    for stage in Stage.objects.filter(project__in=keys):
        found[stage.project_id].append(stage)
    return found


def _people(keys: list[int], today: date) -> dict[int, int]:
    """Hours a week that people give each project today for certain."""
    certain = Allocation.objects.filter(project__in=keys, status=Allocation.Status.CONFIRMED).on(today)
    hours = certain.values("project").annotate(sum=Sum("hours_per_week"))
    return dict(hours.values_list("project", "sum").order_by())


def sentence(found: WhatIf, gain: str) -> str:
    """The answer in words."""
    if found.best_choice is None or not found.options:
        return found.no_choice or _("Take projects out, move their dates, or let the best portfolio be worked out.")
    if not found.added and not found.dropped:
        return _("Yours is the best portfolio under these caps.")
    return _("The best portfolio under these caps is worth %(gain)s more than yours.") % {"gain": gain}
