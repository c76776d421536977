"""What is there before anything happens, who acts, and what is drawn from."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from hypothesis import strategies as st

from finance.models import BudgetLine
from finance.services.budget import change_reservation, reserve, set_line_policy
from finance.services.commitment import cancel_commitment, commit
from finance.services.exchange import record_exchange_rate
from finance.services.journal import post_actual, post_batch, reverse_entry
from finance.services.labour import adjust_for_rate, record_role_rate, record_time
from finance.services.period import add_cost_centre, open_periods, set_period_status
from finance.services.plan import (
    PlannedAmount,
    approve_version,
    draft_version,
    open_budget,
    plan_tranches,
    release_tranche,
)
from outcomes.gate_sets import CriterionDraft
from outcomes.services.gate import define_gate
from outcomes.services.gate_decision import decide_gate
from people.models import WebhookEndpoint
from people.services import add_job_role, record_employment
from projects.services import open_project

START = datetime(2026, 3, 30, 12, tzinfo=UTC)  # a game goes on for a month at most
MONTHS = [date(2026, month, 1) for month in (1, 2, 3)]
DAYS = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 17), date(2026, 3, 1), date(2026, 4, 5)]
CURRENCIES = {"A": "EUR", "B": "EUR", "C": "JPY"}
PROJECTS = {"A": "TRI", "B": "SEC", "C": "TRI"}
LINES = [("A", "compute"), ("A", "people"), ("B", "compute"), ("B", "people"), ("C", "compute"), ("A", "data")]
GATES = ["data", "training", "compression"]
PAIRS = {("USD", "EUR"): ["0.333333333", "0.9", "1.1", "1"], ("USD", "JPY"): ["0.005", "97.5", "150"],
         ("JPY", "EUR"): ["0.0061", "0.55"], ("EUR", "JPY"): ["160.5", "1"]}  # fmt: skip
CENTRES = {"whole": (date(2026, 1, 1), None), "february": (date(2026, 2, 1), date(2026, 3, 1))}
VERBS = {each.__name__ for each in (
    adjust_for_rate, approve_version, cancel_commitment, change_reservation, commit, decide_gate, draft_version,
    plan_tranches, post_actual, post_batch, record_exchange_rate, record_role_rate, record_time, release_tranche,
    reserve, reverse_entry, set_line_policy, set_period_status,
)}  # fmt: skip
HIRED = {"lena": ("ml", date(2026, 1, 1), None), "paul": ("ops", date(2026, 2, 1), date(2026, 3, 1))}

PICK = st.integers(0, 10**4)
OFTEN = st.integers(0, 3).map(bool)
SELDOM = st.integers(0, 11).map(lambda number: number == 7)
LINE = st.sampled_from(LINES)
PEOPLE_LINE = st.sampled_from([("A", "people"), ("B", "people")] * 4 + [("C", "compute")])
DAY = st.sampled_from(DAYS)
STATION = st.sampled_from(["", "data"])
CENTRE = st.sampled_from([None, None, None, "whole", "february"])
KIND = st.sampled_from(["actual", "actual", "accrual", "adjustment"])
AMOUNT = st.integers(1, 900) | st.integers(1, 900) | st.sampled_from(["under", "just", "over", "over"])
CREDIT = st.integers(-200, -1)
SHARE = st.sampled_from([1, 25, 25, 50, 99, 100, 100, 130, 101])  # percent of an order that is invoiced
FAULT = st.sampled_from([""] * 9 + ["unbalanced", "wrong_currency", "again", "twice", "bad_kind"])


@dataclass
class World:
    """What is there before anything happens, and who acts."""

    projects: dict
    budgets: dict
    lines: dict
    periods: list
    centres: dict
    roles: dict
    people: dict
    gates: dict
    manager: object
    decider: object
    finance: object
    engineer: object


def make_world(project, department, manager, decider, finance, engineer):
    other = open_project(key="SEC", title="Sorter", portfolio=project.portfolio, sponsor=department, lead=manager,
                         started_on=date(2026, 1, 1), by=manager, members=(engineer,))  # fmt: skip
    projects = {"TRI": project, "SEC": other}
    periods = open_periods(first=MONTHS[0], months=len(MONTHS), by=finance)
    budgets = {}
    for name, currency in CURRENCIES.items():
        budgets[name] = budget = open_budget(
            project=projects[PROJECTS[name]], name=name, currency=currency, at=START, by=manager
        )
        planned = [PlannedAmount(periods[0], each, "data", 4_000) for whose, each in LINES[:-1] if whose == name]
        version = draft_version(budget=budget, lines=planned, reason="x", at=START, by=manager)
        approve_version(version=version, at=START, by=finance)
    centres = {
        code: add_cost_centre(code=code, name=code, owner=finance, valid_from=first, valid_to=end, by=finance)
        for code, (first, end) in CENTRES.items()
    }
    roles = {code: add_job_role(code=code, name=code, by=None) for code in ("ml", "ops")}
    hired = {
        name: record_employment(source="hr", external_id=name, name=name, role=roles[role], department=department,
                                fte_percent=100, valid_from=first, valid_to=end, at=START, by=finance)
        for name, (role, first, end) in HIRED.items()
    }  # fmt: skip
    gates = {
        station: define_gate(horizon="core", station=station, title="Go on?", by=manager,
                             criteria=[CriterionDraft("Is it worth it?", "should_meet", "check")])
        for station in GATES
    }  # fmt: skip
    WebhookEndpoint.objects.create(
        url="https://erp.example", event_types=["budget.line_crossed"], secret="-", created_by=finance, created_at=START
    )
    lines = {(line.budget.name, line.category): line for line in BudgetLine.objects.select_related("budget__project")}
    return World(projects, budgets, lines, periods, centres, roles, hired, gates, manager, decider, finance, engineer)
