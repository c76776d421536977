"""Enter the demo through the product's own verbs: nothing here writes a row of the business by itself."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from finance.models import Budget, BudgetLine, RateCard
from finance.money import allocate, to_minor
from finance.services.budget import approve_budget
from finance.services.journal import post_actual
from finance.services.rates import publish_rate_card
from outcomes.models import Kpi
from outcomes.services import define_kpi, draft_contract, record_measurement, sign_contract
from people.models import AuditEntry, Department, User
from people.services import add_department, add_user, record_audit
from portal.demo.calendar import at_that_time, evening, month_ends, months_before
from portal.demo.cast import CAST, DEPARTMENTS
from portal.demo.gates import enter_reviews, pass_gate
from portal.demo.money import close_months, enter_budgets
from portal.demo.outcomes import enter_outcomes
from portal.demo.people import enter_people
from portal.demo.plans import PLANS, enter_demands, enter_plans, enter_stage_plan, open_programmes
from portal.demo.stories import STORIES, jobs_in_order
from portal.demo.story import CURRENCY, ContractStory, KpiStory, ProjectStory
from projects.models import Project, Station
from projects.services import (
    open_portfolio,
    open_project,
    record_feedback,
    set_approval_threshold,
)
from trainingjobs.models import TrainingJob
from trainingjobs.services import submit_job

SEASONS = (10, 9, 11, 10, 12, 10, 8, 9, 11, 12, 11, 7)  # how a year's cost falls on its months
TOLD = "seed_demo"
# What is entered once all projects stand: each a function (today, people by user name), called in this order.
LATER: tuple[Callable[[date, dict[str, User]], None], ...] = (
    enter_people,
    enter_plans,
    enter_demands,
    enter_budgets,
    enter_reviews,
    enter_outcomes,
    close_months,  # the last of all: nothing can be posted into these months afterwards
)


def is_told() -> bool:
    """The audit trail knows whether the demo has been entered; then nothing is entered again."""
    return AuditEntry.objects.filter(verb=TOLD).exists()


def is_valid(password: str) -> bool:
    """Whether the cast still signs in with this password."""
    return User.objects.get(username=CAST[0].username).check_password(password)


@transaction.atomic
def tell(*, today: date, password: str) -> None:
    """Enter cast, prices and projects, as of today: all or nothing."""
    departments = {code: add_department(code=code, name=name, by=None) for code, name in DEPARTMENTS.items()}
    people = enter_cast(departments, password)
    chief, controller = people["katrin.vogel"], people["ruben.castillo"]
    enter_rate_cards(today, controller)
    portfolios = {name: open_portfolio(name=name, by=chief) for name in sorted({story.portfolio for story in STORIES})}
    programmes = open_programmes(portfolios, people)
    for story in STORIES:
        started_on = months_before(today, story.reached[0])
        with at_that_time(started_on):
            project = open_project(
                key=story.key,
                title=story.title,
                summary=story.summary,
                demand=story.demand,
                portfolio=portfolios[story.portfolio],
                programme=programmes[PLANS[story.key].programme],
                horizon=PLANS[story.key].horizon,
                sponsor=departments[story.sponsor],
                lead=people[story.lead],
                members=tuple(people[name] for name in story.members),
                started_on=started_on,
                due_on=months_before(today, story.plan[-1]),
                by=chief,
            )
        if story.approval_above is not None:
            threshold = to_minor(Decimal(story.approval_above), CURRENCY)
            set_approval_threshold(project=project, threshold_minor=threshold, by=chief)
        enter_money(project, story, today, chief, controller)
        for kpi_story in story.kpis:
            enter_kpi(project, kpi_story, today, people, controller)
        for quote in story.quotes:
            record_feedback(
                project=project,
                score=quote.score,
                text=quote.text,
                source=quote.source,
                received_at=evening(today - timedelta(days=quote.days)),
                by=project.lead,
            )
        enter_stages(project, story, today, chief)  # after what its gates are decided on
    for enter in LATER:
        enter(today, people)
    record_audit(verb=TOLD, subject=chief, by=None, detail={"today": today.isoformat(), "projects": len(STORIES)})


def enter_cast(departments: dict[str, Department], password: str) -> dict[str, User]:
    return {
        person.username: add_user(
            username=person.username,
            password=password,
            role=person.role,
            first_name=person.first_name,
            last_name=person.last_name,
            email=f"{person.username}@throughline.example",
            job_title=person.job_title,
            department=departments[person.department],
            is_admin=person.is_admin,
            by=None,
        )
        for person in CAST
    }


def enter_rate_cards(today: date, controller: User) -> RateCard:
    """Last year's prices and this year's: electricity went up, GPU time came down."""
    this_year = months_before(today, 7).replace(day=1)
    publish_rate_card(
        name="Model Lab compute",
        currency=CURRENCY,
        valid_from=months_before(this_year, 12),
        by=controller,
        cpu_core_hour_micro=450_000,
        gpu_hour_micro=2_480_000,
        gib_hour_micro=12_000,
        kwh_micro=262_000,
        watt_per_core=Decimal("11.5"),
        watt_per_gpu=Decimal("400"),
    )
    return publish_rate_card(
        name="Model Lab compute",
        currency=CURRENCY,
        valid_from=this_year,
        by=controller,
        cpu_core_hour_micro=480_000,
        gpu_hour_micro=2_150_000,
        gib_hour_micro=12_000,
        kwh_micro=290_000,
        watt_per_core=Decimal("11.5"),
        watt_per_gpu=Decimal("400"),
    )


def enter_stages(project: Project, story: ProjectStory, today: date, chief: User) -> None:
    """The plan of all six stations, then the ones the project has reached."""
    with at_that_time(project.started_on):
        enter_stage_plan(project, story, today, chief)
    for station, months in list(zip(Station, story.reached, strict=False))[1:]:
        pass_gate(project, station, months_before(today, months), chief)


def enter_money(project: Project, story: ProjectStory, today: date, chief: User, controller: User) -> Budget:
    """The approved plan, and what each month cost. The last of people comes as hours, machine time from jobs."""
    budget = approve_budget(
        project=project,
        name="Approved plan",
        currency=CURRENCY,
        lines={category: to_minor(str(amount), CURRENCY) for category, amount in story.planned.items()},
        on=project.started_on,
        by=chief,
    )
    lines = {line.category: line for line in budget.lines.select_related("budget")}
    months = month_ends(project.started_on, today)
    weights = [SEASONS[month.month - 1] for month in months]
    for category, total in story.spent.items():
        line = lines[category]
        by_month = zip(months, allocate(to_minor(str(total), CURRENCY), weights), strict=True)
        for month, amount_minor in list(by_month)[: -1 if category == BudgetLine.Category.PEOPLE else None]:
            post_actual(
                line=line,
                amount_minor=amount_minor,
                memo=f"{line.get_category_display()}, {month:%B %Y}",
                source="demo-erp",
                external_id=f"{project.key}-{category}-{month:%Y-%m}",
                effective_on=month,
                at=evening(month),
                by=controller,
            )
    return budget


def enter_kpi(project: Project, story: KpiStory, today: date, people: dict[str, User], controller: User) -> Kpi:
    """A figure, its twelve monthly measurements up to yesterday, and what it is worth."""
    owner = people[story.owner]
    kpi = define_kpi(
        project=project,
        name=story.name,
        definition=story.definition,
        unit=story.unit,
        direction=story.direction,
        baseline=story.baseline,
        target=story.target,
        owner=owner,
        source=story.source,
        by=owner,
    )
    yesterday = today - timedelta(days=1)
    for months, value in zip(range(len(story.values) - 1, -1, -1), story.values, strict=True):
        measured_at = evening(months_before(yesterday, months))
        record_measurement(
            kpi=kpi, value=value, measured_at=measured_at, recorded_at=measured_at + timedelta(hours=2), by=owner
        )
    if story.contract:
        enter_contract(kpi, story.contract, today, controller)
    return kpi


def enter_contract(kpi: Kpi, story: ContractStory, today: date, controller: User) -> None:
    drafted_on = months_before(today, (story.signed or 0) + 1)
    contract = draft_contract(
        kpi=kpi,
        metric=story.metric,
        metric_baseline=story.metric_baseline,
        sensitivity=story.sensitivity,
        sensitivity_sd=story.sensitivity_sd,
        units_per_year=story.units_per_year,
        units_label=story.units_label,
        worth_micro=story.worth_micro,
        upkeep_minor=to_minor(str(story.upkeep), CURRENCY),
        currency=CURRENCY,
        valid_from=drafted_on,
        owner=kpi.owner,
        basis=story.basis,
        by=kpi.owner,
    )
    if story.signed is not None:
        sign_contract(contract=contract, by=controller, at=evening(months_before(today, story.signed)))


def submit_jobs(count: int) -> list[TrainingJob]:
    """Submit the first so many jobs of the story that are not there yet; they wait until a worker runs them."""
    submitted = []
    for key, job in jobs_in_order()[:count]:
        project = Project.objects.select_related("lead").get(key=key)
        wanted = {f"params__{name}": value for name, value in job.params.items()}
        known = TrainingJob.objects.filter(project=project, recipe=job.recipe, **wanted).order_by("number").first()
        submitted.append(known or submit_job(project=project, recipe=job.recipe, params=job.params, by=project.lead))
    return submitted
