"""The plans of the demo: programmes, horizons, chances and costs of stages, milestones, risks, and open demands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from finance.money import allocate, to_minor
from people.models import Department, User
from portal.demo.calendar import at_that_time, evening, months_before
from portal.demo.story import CURRENCY, ProjectStory
from projects.models import Demand, Milestone, Portfolio, Programme, Project, Stage, Station
from projects.services import (
    add_dependency,
    add_milestone,
    add_risk,
    assess_stage,
    decide_demand,
    open_programme,
    plan_stages,
    propose_demand,
    reach_milestone,
    submit_demand,
)

WEIGHTS = [6, 26, 30, 12, 18, 8]  # how the approved money falls on the six stages
PROGRAMMES = {
    "Depot of tomorrow": ("Parcels and service", "lena.hoffmann"),
    "Paper and calls": ("Parcels and service", "sofia.marques"),
    "Plants that run": ("Plant and supply", "karin.lindqvist"),
}


@dataclass(frozen=True)
class MilestoneStory:
    """A day that matters, in months before today (negative = ahead)."""

    title: str
    months: int
    is_reached: bool = False
    waits_for: int | None = None  # which of the milestones before it
    lag_days: int = 0


@dataclass(frozen=True)
class RiskStory:
    title: str
    percent: int
    impact: int
    response: str
    mitigation: str


@dataclass(frozen=True)
class PlanStory:
    """What one project plans beside its dates; the chances are in percent, a stage each."""

    programme: str
    horizon: str
    chances: tuple[int, int, int, int, int, int]
    milestones: tuple[MilestoneStory, ...]
    risks: tuple[RiskStory, ...]


PLANS: Mapping[str, PlanStory] = {
    "TRI": PlanStory(
        "Depot of tomorrow",
        "core",
        (100, 100, 100, 95, 95, 85),
        (
            MilestoneStory("Cameras of Bremen deliver pictures", 9, is_reached=True),
            MilestoneStory("Reader live in Bremen", 4, is_reached=True, waits_for=0),
            MilestoneStory("Reader live in Lübeck", -1, waits_for=1, lag_days=30),
        ),
        (
            RiskStory("Cameras in Lübeck are of an older make", 30, 18_000, "reduce", "two test cameras hang there"),
            RiskStory("A new form of label in spring", 15, 24_000, "accept", ""),
        ),
    ),
    "FCR": PlanStory(
        "Plants that run",
        "adjacent",
        (100, 90, 70, 85, 80, 75),
        (
            MilestoneStory("Three years of orders cleaned", 3, is_reached=True),
            MilestoneStory("Forecast beats the planners on paper", -1, waits_for=0),
            MilestoneStory("First order placed by forecast", -3, waits_for=1, lag_days=45),
        ),
        (RiskStory("A supplier changes its lead times", 35, 40_000, "reduce", "lead times are read every week"),),
    ),
    "WSI": PlanStory(
        "Plants that run",
        "core",
        (100, 95, 80, 70, 75, 80),
        (
            MilestoneStory("Ten thousand seams labelled", 9, is_reached=True),
            MilestoneStory("Small model fits the camera", 0, waits_for=0),
            MilestoneStory("Line 2 inspects every seam", -1, waits_for=1, lag_days=21),
        ),
        (
            RiskStory("The compressed model misses pores", 40, 65_000, "reduce", "pores are counted apart"),
            RiskStory("The welding robot is replaced in summer", 20, 30_000, "transfer", "its maker delivers data"),
        ),
    ),
    "IFR": PlanStory(
        "Paper and calls",
        "core",
        (100, 100, 95, 90, 85, 80),
        (
            MilestoneStory("Live in one country", 2, is_reached=True),
            MilestoneStory("Live in all countries", -3, waits_for=0, lag_days=60),
        ),
        (RiskStory("Invoices move to a portal sooner than thought", 25, 50_000, "accept", ""),),
    ),
    "PFA": PlanStory(
        "Plants that run",
        "adjacent",
        (100, 85, 60, 80, 75, 70),
        (
            MilestoneStory("Sensors on forty pumps", 3, is_reached=True),
            MilestoneStory("First alarm that comes in time", -1, waits_for=0),
        ),
        (RiskStory("Too few failures to learn from", 45, 55_000, "reduce", "a test stand breaks pumps on purpose"),),
    ),
    "CEW": PlanStory(
        "Paper and calls",
        "core",
        (100, 100, 100, 95, 95, 90),
        (
            MilestoneStory("List in every region", 6, is_reached=True),
            MilestoneStory("Calls made within five days", 0, waits_for=0),
        ),
        (RiskStory("Sales stops calling in the season", 30, 20_000, "reduce", "the list goes to the team leads"),),
    ),
    "DPH": PlanStory(
        "Paper and calls",
        "transformational",
        (95, 60, 55, 80, 60, 50),
        (
            MilestoneStory("Privacy review passed", 0),
            MilestoneStory("Two years of offers joined", -1, waits_for=0, lag_days=20),
            MilestoneStory("Hint shown to five desks", -6, waits_for=1, lag_days=60),
        ),
        (
            RiskStory("The privacy review says no", 35, 42_000, "avoid", "customer names are left out"),
            RiskStory("Desks do not trust a hint", 40, 25_000, "reduce", "the floor price is shown with its reason"),
        ),
    ),
    "SPA": PlanStory(
        "Depot of tomorrow",
        "transformational",
        (80, 65, 60, 80, 60, 55),
        (
            MilestoneStory("Works council agrees", -1),
            MilestoneStory("One depot plans with it", -6, waits_for=0, lag_days=90),
        ),
        (RiskStory("The works council asks for more time", 50, 15_000, "accept", ""),),
    ),
}


def open_programmes(portfolios: Mapping[str, Portfolio], people: Mapping[str, User]) -> dict[str, Programme]:
    """The programmes that the projects belong to, by name."""
    return {
        name: open_programme(portfolio=portfolios[portfolio], name=name, owner=people[owner], by=people["katrin.vogel"])
        for name, (portfolio, owner) in PROGRAMMES.items()
    }


def enter_stage_plan(project: Project, story: ProjectStory, today: date, chief: User) -> None:
    """Each stage is planned to begin the day after the one ahead of it; its cost is its share of the money."""
    ends = [months_before(today, months) for months in story.plan]
    starts = {Station.DEMAND: min(project.started_on, ends[0])}
    for (ahead, end), station in zip(pairwise(ends), list(Station)[1:], strict=True):
        starts[station] = min(ahead + timedelta(days=1), end)
    plan_stages(project=project, starts=starts, finishes=dict(zip(Station, ends, strict=True)), by=chief)
    stages = {stage.station: stage for stage in Stage.objects.filter(project=project)}
    costs = allocate(to_minor(str(sum(story.planned.values())), CURRENCY), WEIGHTS)
    for station, chance, cost in zip(Station, PLANS[story.key].chances, costs, strict=True):
        assess_stage(stage=stages[station], p_success_percent=chance, cost_minor=cost, by=project.lead)


def enter_plans(today: date, people: dict[str, User]) -> None:
    """Milestones and risks of each project."""
    for project in Project.objects.select_related("lead").filter(key__in=PLANS):
        _enter_milestones(project, PLANS[project.key], today)
        _enter_risks(project, PLANS[project.key], today)


def _enter_milestones(project: Project, plan: PlanStory, today: date) -> None:
    entered: list[Milestone] = []
    for story in plan.milestones:
        planned_on = months_before(today, story.months)
        with at_that_time(project.started_on):
            milestone = add_milestone(project=project, title=story.title, planned_on=planned_on, by=project.lead)
            if story.waits_for is not None:
                first = entered[story.waits_for]
                add_dependency(predecessor=first, successor=milestone, lag_days=story.lag_days, by=project.lead)
        if story.is_reached:
            day = min(planned_on + timedelta(days=3), today)
            with at_that_time(day):
                milestone = reach_milestone(milestone=milestone, on=day, today=today, by=project.lead)
        entered.append(milestone)


def _enter_risks(project: Project, plan: PlanStory, today: date) -> None:
    opened_on = max(project.started_on, months_before(today, 4))
    for story in plan.risks:
        with at_that_time(opened_on):
            add_risk(
                project=project,
                title=story.title,
                probability_percent=story.percent,
                impact_minor=to_minor(str(story.impact), CURRENCY),
                currency=CURRENCY,
                response=story.response,
                mitigation=story.mitigation,
                owner=project.lead,
                opened_on=opened_on,
                by=project.lead,
            )


@dataclass(frozen=True)
class DemandStory:
    """What somebody asked for, so many days ago, and what was decided so many days ago."""

    title: str
    problem: str
    proposer: str
    horizon: str
    impact: int
    days: int
    status: str = "submitted"
    decided: int = 0
    note: str = ""
    became: str = ""


DEMANDS = (
    DemandStory(
        "A shift plan that nobody has to repair on Sunday",
        "Depot planners rewrite a third of each week's shifts by hand, four hours every Sunday, and illness is not "
        "in any plan. Parcel Operations asks for a plan that keeps the rules and names its weak days.",
        "mei.tanaka",
        "transformational",
        4,
        75,
        status="accepted",
        decided=61,
        note="Four hours in each of nineteen depots; the works council wants to be asked first.",
        became="SPA",
    ),
    DemandStory(
        "Damaged parcels seen before they are loaded",
        "One parcel in four hundred arrives damaged, and half of them left damaged. Each costs EUR 38 and a call. The "
        "cameras above the belts see the parcel from three sides already.",
        "paul.adeyemi",
        "adjacent",
        4,
        12,
    ),
    DemandStory(
        "Answers to “where is my parcel” without a queue",
        "Six calls in ten ask for one thing. They wait four minutes on average, on Mondays eleven, and the answer is "
        "in the system.",
        "sofia.marques",
        "core",
        3,
        26,
        status="under_review",
        decided=9,
        note="Customer Service counts the calls of November by reason.",
    ),
    DemandStory(
        "Drones that read the high racks",
        "Counting the high racks closes aisle 7 to 12 for two days a quarter.",
        "tomasz.nowak",
        "transformational",
        2,
        58,
        status="shelved",
        decided=40,
        note="Flying inside is not insured before July. Worth asking again then.",
    ),
    DemandStory(
        "A reader for delivery notes in pencil",
        "Drivers note the number of pallets in pencil; two clerks key them in.",
        "marco.bianchi",
        "core",
        2,
        34,
        status="rejected",
        decided=30,
        note="The tablets for drivers come in March and end the pencil.",
    ),
)


def enter_demands(today: date, people: dict[str, User]) -> None:
    """Five demands in five states."""
    chief = people["katrin.vogel"]
    for story in DEMANDS:
        proposer, opened = people[story.proposer], evening(today - timedelta(days=story.days))
        department: Department = proposer.department  # type: ignore[assignment]
        demand = propose_demand(
            title=story.title,
            problem=story.problem,
            department=department,
            horizon=story.horizon,
            impact=story.impact,
            at=opened,
            by=proposer,
        )
        demand = submit_demand(demand=demand, at=opened, by=proposer)
        if story.status != Demand.Status.SUBMITTED:
            decide_demand(
                demand=demand,
                status=story.status,
                note=story.note,
                at=evening(today - timedelta(days=story.decided)),
                by=chief,
                project=Project.objects.get(key=story.became) if story.became else None,
            )
