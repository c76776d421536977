"""What the story promises and what came: targets, benefits by month, business cases, objectives, answered voices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from finance.money import to_minor
from outcomes.case import propose_flows
from outcomes.models import FeedbackTriage, Kpi
from outcomes.services import (
    add_key_result,
    make_case,
    open_objective,
    promise_benefit,
    realise_benefit,
    set_target,
    triage_feedback,
)
from outcomes.value import leading_contract
from people.models import User
from portal.demo.calendar import evening, months_before
from portal.demo.story import CURRENCY
from projects.models import Feedback, Portfolio, Project, Station

RATE_BP = 800
GLIDE = {-1: 0.45, 0: 0.6, 1: 0.8}  # share of the way to the target that a quarter asks for, the running one is 0
BEFORE = {-1: 0.0, 0: 0.05, 1: 0.2}  # the same while no model of the project works yet
AMBER, RED = 0.12, 0.3  # of the way, behind the target
ANSWERS = {1: "accepted", 2: "accepted", 3: "accepted", 4: "answered", 5: "answered"}


@dataclass(frozen=True)
class BenefitStory:
    """A promise of so much a month from some months ago on, and what the months brought since, the oldest first."""

    name: str
    monthly: int
    months: int
    came: tuple[int, ...]
    attributed: int = 100
    baseline: int = 0
    kind: str = "cashable"


BENEFITS: Mapping[str, tuple[BenefitStory, ...]] = {
    "TRI": (
        BenefitStory("Second pass by hand saved", 12_000, 4, (11_400, 12_300, 12_900, 13_300), 95, 0),
        BenefitStory("Upkeep of the reader", -900, 4, (-880, -905, -890, -930), kind="disbenefit"),
    ),
    "IFR": (BenefitStory("Keying of invoices saved", 8_000, 2, (5_300, 5_700), 90),),
    "CEW": (BenefitStory("Margin of customers kept", 15_500, 5, (12_900, 14_800, 15_900, 16_800, 17_200), 85, 4_000),),
}
OBJECTIVES: Mapping[str, tuple[tuple[str, tuple[tuple[str, str, int], ...]], ...]] = {
    "Parcels and service": (
        (
            "Parcels reach their chute the first time",
            (("TRI", "Parcels misread", 3), ("TRI", "Dock to sorter", 1), ("SPA", "Overtime hours", 1)),
        ),
        (
            "Customers stay because we answer fast",
            (("CEW", "Customers lost in a year", 2), ("IFR", "Days to pay", 1), ("DPH", "Spot offers taken", 1)),
        ),
    ),
    "Plant and supply": (
        (
            "The line never waits for a part",
            (("FCR", "Orders sent by express", 2), ("FCR", "Stock on the shelf", 1),
             ("PFA", "Unplanned pump stops", 2)),
        ),
        (
            "What leaves the works stays with the customer",
            (("WSI", "Seams back under warranty", 3), ("PFA", "Unplanned pump stops", 1),
             ("FCR", "Orders sent by express", 1)),
        ),
    ),
}  # fmt: skip


def enter_outcomes(today: date, people: dict[str, User]) -> None:
    """Everything that stands on KPIs, contracts, budgets and stages."""
    for kpi in Kpi.objects.select_related("project", "owner").order_by("pk"):
        _enter_targets(kpi, today)
    for project in Project.objects.select_related("lead", "sponsor").order_by("key"):
        for story in BENEFITS.get(project.key, ()):
            _enter_benefit(project, story, today)
        _enter_case(project, today)
    _enter_objectives(today, people["katrin.vogel"])
    _enter_triage()


def _enter_targets(kpi: Kpi, today: date) -> None:
    """Three quarters on the way from baseline to target: the last, the running and the next."""
    begins = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    way = kpi.target - kpi.baseline
    works = Station(kpi.project.station).position >= Station.DEPLOYMENT.position
    for quarter, share in (GLIDE if works else BEFORE).items():
        starts_on = months_before(begins, -3 * quarter)
        value, amber, red = (round(kpi.baseline + way * (share - behind), 2) for behind in (0, AMBER, RED))
        set_target(
            kpi=kpi,
            starts_on=starts_on,
            ends_on=months_before(starts_on, -3),
            value=value,
            amber=amber,
            red=red,
            at=evening(min(starts_on, today)),
            by=kpi.owner,
        )


def _enter_benefit(project: Project, story: BenefitStory, today: date) -> None:
    """The promise of two years, and the months that are over."""
    contract = leading_contract(project, _when_all_is_known(today))
    first = months_before(today.replace(day=1), story.months)
    benefit = promise_benefit(
        project=project,
        name=story.name,
        kind=story.kind,
        owner=project.lead,
        currency=CURRENCY,
        plan={months_before(first, -ahead): _cents(story.monthly) for ahead in range(24)},
        baseline_minor=_cents(story.baseline),
        kpi=contract.kpi if contract else None,
        contract=contract,
        at=evening(first),
        by=project.lead,
    )
    for ahead, amount in enumerate(story.came):
        month = months_before(first, -ahead)
        realise_benefit(
            benefit=benefit,
            month=month,
            actual_minor=_cents(amount),
            attributed_percent=story.attributed,
            at=evening(min(today, months_before(month, -1) + timedelta(days=4))),
            by=project.lead,
        )


def _cents(amount: int) -> int:
    return to_minor(str(amount), CURRENCY)


def _enter_case(project: Project, today: date) -> None:
    """Projects that say what they are worth have a case."""
    known_on = _when_all_is_known(today)
    if leading_contract(project, known_on) is None:
        return
    proposal = propose_flows(project, currency=CURRENCY, on=known_on)
    make_case(
        project=project,
        currency=CURRENCY,
        discount_rate_bp=RATE_BP,
        starts_on=project.started_on,
        flows=proposal.flows,
        note=" ".join(proposal.sources)[:240],
        at=evening(months_before(today, 1)),
        by=project.lead,
    )


def _when_all_is_known(today: date) -> date:
    """Of a draft the portal knows only since it was entered, on whatever day the story plays."""
    return max(today, timezone.localdate())


def _enter_objectives(today: date, chief: User) -> None:
    begins = date(today.year, 1, 1)
    kpis = {(kpi.project.key, kpi.name): kpi for kpi in Kpi.objects.select_related("project__portfolio")}
    for portfolio in Portfolio.objects.filter(name__in=OBJECTIVES):
        for title, results in OBJECTIVES[portfolio.name]:
            objective = open_objective(
                portfolio=portfolio,
                title=title,
                owner=chief,
                starts_on=begins,
                ends_on=months_before(begins, -12),
                by=chief,
            )
            for key, name, weight in results:
                add_key_result(objective=objective, kpi=kpis[key, name], weight=weight, by=chief)


def _enter_triage() -> None:
    """Voices older than a week have their answer; the newest wait."""
    voices = Feedback.objects.select_related("project__lead").order_by("received_at")
    newest = max((voice.received_at for voice in voices), default=None)
    for voice in voices:
        if newest is not None and voice.received_at < newest - timedelta(days=7):
            triage_feedback(
                feedback=voice,
                status=FeedbackTriage.Status(ANSWERS[voice.score]),
                at=voice.received_at + timedelta(days=2),
                by=voice.project.lead,
            )
