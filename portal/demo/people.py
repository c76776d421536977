"""Who is employed at which role, whose hours projects have, and the last full month as it was worked, hour by hour."""

from collections.abc import Iterator
from datetime import date, timedelta

from finance.models import BudgetLine, RoleRate
from finance.money import allocate as split
from finance.money import to_minor
from finance.services.labour import record_role_rate, record_time
from people.models import Department, Employment, User
from people.services import add_job_role, record_employment
from portal.demo.calendar import evening, months_before
from portal.demo.cast import CAST, ROLES
from portal.demo.stories import STORIES
from portal.demo.story import CURRENCY, ProjectStory
from projects.models import Project
from projects.services import allocate

HR, MONTHS_BACK = "demo-hr", 30
LEAD_HOURS, MEMBER_HOURS = 20, 12
DAYS_APART = 2  # a project books its hours on two weekdays


def enter_people(today: date, people: dict[str, User]) -> None:
    """Employments and rates of roles first, then hours given to projects, then hours worked in the last full month."""
    controller = people["ruben.castillo"]
    begin = months_before(today, MONTHS_BACK).replace(day=1)
    rates = enter_role_rates(begin, controller)
    employments = {
        person.username: record_employment(
            source=HR,
            external_id=person.username,
            name=f"{person.first_name} {person.last_name}",
            role=rates[person.works_as].role,
            department=Department.objects.get(code=person.department),
            fte_percent=person.fte_percent,
            valid_from=begin,
            at=evening(begin),
            by=controller,
            user=people[person.username],
        )
        for person in CAST
    }
    hours, end = {code: rate.hour_minor for code, rate in rates.items()}, today.replace(day=1)
    for number, story in enumerate(STORIES):
        team = [employments[name] for name in (story.lead, *story.members) if people[name].role != User.Role.VIEWER]
        project = Project.objects.get(key=story.key)
        for employment in team:
            allocate(
                employment=employment,
                project=project,
                hours_per_week=LEAD_HOURS if employment.user_id == project.lead_id else MEMBER_HOURS,
                valid_from=project.started_on,
                source=HR,
                external_id=f"{story.key}-{employment.external_id}",
                by=controller,
            )
        days = list(_booked(max(months_before(end, 1), project.started_on), end, number % 5))
        enter_worked_time(project, story, days, team, hours, controller)


def enter_role_rates(begin: date, controller: User) -> dict[str, RoleRate]:
    """What an hour of each role costs, by its code."""
    return {
        code: record_role_rate(
            role=add_job_role(code=code, name=name, by=controller),
            hour_minor=to_minor(str(hour), CURRENCY),
            currency=CURRENCY,
            valid_from=begin,
            source=HR,
            external_id=code,
            at=evening(begin),
            by=controller,
        )
        for code, (name, hour) in ROLES.items()
    }


def enter_worked_time(
    project: Project, story: ProjectStory, days: list[date], team: list[Employment], hours: dict[str, int], by: User
) -> None:
    """What is left of the people's money of the story, as whole minutes of the team."""
    line = BudgetLine.objects.get(
        budget__project=project, budget__name="Approved plan", category=BudgetLine.Category.PEOPLE
    )
    left_minor = to_minor(str(story.spent["people"]), CURRENCY) - line.spent_minor
    for employment, share_minor in zip(team, split(left_minor, [1] * len(team)), strict=True):
        worked = split(share_minor * 60 // hours[employment.role.code], [1] * len(days))
        for day, minutes in zip(days, worked, strict=True):
            record_time(
                employment=employment,
                line=line,
                worked_on=day,
                minutes=minutes,
                source=HR,
                external_id=f"{story.key}-{employment.external_id}-{day:%Y-%m-%d}",
                at=evening(day),
                by=by,
            )


def _booked(begin: date, end: date, weekday: int) -> Iterator[date]:
    """The two weekdays of a project from one day to before another."""
    wanted = {weekday, (weekday + DAYS_APART) % 5}
    return (day for day in (begin + timedelta(n) for n in range((end - begin).days)) if day.weekday() in wanted)
