"""A project with one of everything, and clients that speak JSON."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from knox.models import AuthToken
from rest_framework.test import APIClient

JANUARY = datetime(2026, 1, 10, 9, tzinfo=UTC)


class JsonClient(APIClient):
    """Sends JSON and, when it has a token, the token."""

    default_format = "json"


@pytest.fixture
def api():
    """A client of the API that carries a token of the given person; None stays outside."""

    def client_of(user=None):
        client = JsonClient()
        if user:
            _row, token = AuthToken.objects.create(user)
            client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        return client

    return client_of


@pytest.fixture
def job(project, engineer, budget):
    from trainingjobs.services import submit_job

    return submit_job(project=project, recipe="image-classifier", params={"epochs": 3}, by=engineer)


@pytest.fixture
def make_run(project):
    """A finished run with its data set and model, as the worker would leave them."""
    from experiments.models import Dataset, ModelVersion, Run

    def make(name="TRI-9", kind="image-classifier", project=project, digest="d" * 64):
        dataset, _new = Dataset.objects.get_or_create(digest=digest, defaults={"name": "digits", "rows": 1797})
        run = Run.objects.create(
            project=project,
            name=name,
            recipe="image-classifier",
            status="finished",
            dataset=dataset,
            metrics={"test_accuracy": 0.98},
            started_at=JANUARY,
            finished_at=JANUARY,
        )
        ModelVersion.objects.create(
            run=run, kind=kind, path=f"{name}/artifact", digest="a" * 64, size_bytes=20_000, created_at=JANUARY
        )
        return run

    return make


@pytest.fixture
def kpi(project, engineer):
    from outcomes.services import define_kpi

    return define_kpi(
        project=project,
        name="Misread parcels",
        unit="%",
        direction="lower",
        baseline=4.0,
        target=1.0,
        owner=engineer,
        by=engineer,
    )


@pytest.fixture
def contract(kpi, engineer):
    from outcomes.services import draft_contract

    return draft_contract(
        kpi=kpi,
        metric="test_accuracy",
        metric_baseline=0.9,
        sensitivity=-30.0,
        units_per_year=1_000_000,
        units_label="parcels",
        worth_micro=12_500,
        currency="EUR",
        valid_from=date(2026, 1, 1),
        owner=engineer,
        by=engineer,
        upkeep_minor=250_050,
    )


@pytest.fixture
def feedback(project, engineer):
    from projects.services import record_feedback

    return record_feedback(
        project=project, score=4, text="Fewer misreads.", source="María, sorting", received_at=JANUARY, by=engineer
    )


@pytest.fixture
def labour(project, engineer, department, budget, finance_user):
    """Somebody employed, allocated to the project, with a rate and an hour worked."""
    from finance.services.labour import record_role_rate, record_time
    from people.services import add_job_role, record_employment
    from projects.services import allocate

    role, by = add_job_role(code="ml-engineer", name="ML engineer", by=finance_user), {"by": finance_user}
    person = record_employment(source="hr", external_id="E-1", name="Lena Hoffmann", role=role, department=department,
                               fte_percent=100, valid_from=date(2026, 1, 1), user=engineer, at=JANUARY,
                               **by)  # fmt: skip
    rate = record_role_rate(role=role, hour_minor=9_000, currency="EUR", valid_from=date(2026, 1, 1), source="erp",
                            external_id="R-1", at=JANUARY, **by)  # fmt: skip
    entry = record_time(employment=person, line=budget.lines.get(category="people"), worked_on=date(2026, 1, 9),
                        minutes=60, source="hr", external_id="T-1", at=JANUARY, **by)  # fmt: skip
    allocation = allocate(employment=person, project=project, hours_per_week=20, valid_from=date(2026, 1, 1),
                          source="plan", external_id="A-1", **by)  # fmt: skip
    return SimpleNamespace(role=role, employment=person, role_rate=rate, time_entry=entry, allocation=allocation)


def plan_of(project, engineer, manager):
    """A demand, a programme, two milestones of which one waits for the other, and a risk."""
    from projects.services import (
        add_dependency,
        add_milestone,
        add_risk,
        open_programme,
        propose_demand,
        submit_demand,
    )

    demand = propose_demand(title="More", problem="Less", department=project.sponsor, at=JANUARY, by=engineer)
    first, then, last = (
        add_milestone(project=project, title=title, planned_on=date(2026, 9, 1), by=engineer)
        for title in ("First", "Then", "Last")
    )
    return {
        "demand": submit_demand(demand=demand, at=JANUARY, by=engineer),
        "programme": open_programme(portfolio=project.portfolio, name="Depots", owner=manager, by=manager),
        "stage": project.stages.get(station="data"),
        "milestone": then,
        "third": last,
        "dependency": add_dependency(predecessor=first, successor=then, by=engineer),
        "risk": add_risk(project=project, title="Rain", probability_percent=10, impact_minor=100, currency="EUR",
                         response="accept", owner=engineer, opened_on=date(2026, 2, 1), by=engineer),
    }  # fmt: skip


@pytest.fixture
def promises(project, kpi, contract, feedback, engineer, manager):
    """A target, a measurement, a benefit, a case, an objective and an answered voice."""
    from outcomes.appraisal import Flow
    from outcomes.services import (
        make_case,
        open_objective,
        promise_benefit,
        record_measurement,
        set_target,
        triage_feedback,
    )

    first, end = date(2026, 1, 1), date(2026, 4, 1)
    target = set_target(kpi=kpi, starts_on=first, ends_on=end, value=2.0, amber=2.5, red=3.0, at=JANUARY, by=engineer)
    benefit = promise_benefit(
        project=project, name="Hand sorting saved", kind="cashable", owner=engineer, currency="EUR",
        plan={first: 10_000}, at=JANUARY, by=engineer, kpi=kpi, contract=contract,
    )  # fmt: skip
    flows = [Flow(0, 10_000, 0), Flow(1, 0, 11_000, 90)]
    return SimpleNamespace(
        kpi_target=target,
        measurement=record_measurement(kpi=kpi, value=3.9, measured_at=JANUARY, by=engineer),
        benefit=benefit,
        case=make_case(
            project=project,
            currency="EUR",
            discount_rate_bp=1000,
            starts_on=first,
            flows=flows,
            at=JANUARY,
            by=engineer,
        ),
        objective=open_objective(
            portfolio=project.portfolio, title="Fewer misreads", owner=manager, starts_on=first, ends_on=end, by=manager
        ),
        triage=triage_feedback(feedback=feedback, status="accepted", at=JANUARY, by=engineer),
    )


@pytest.fixture
def ledger(project, budget, finance_user, manager):
    """What finance systems write, one row of each."""
    from finance.services.commitment import commit
    from finance.services.exchange import record_exchange_rate
    from finance.services.journal import post_actual
    from finance.services.period import add_cost_centre, open_periods
    from finance.services.plan import PlannedAmount, draft_version, open_budget, plan_tranches

    (period,) = open_periods(first=date(2026, 1, 1), months=1, by=finance_user)
    line = budget.lines.get(category="people")
    facts = {"line": line, "source": "erp", "at": JANUARY, "by": finance_user}
    planned = [
        PlannedAmount(period=period, category=line.category, station="data", amount_minor=line.planned_minor)
        for line in budget.lines.all()
    ]
    metered = open_budget(project=project, name="By tranches", currency="EUR", at=JANUARY, by=manager)
    rate = {"base": "CHF", "quote": "EUR", "kind": "spot", "valid_on": date(2026, 1, 5), "rate": Decimal("1.05")}
    centre = {"code": "4700", "name": "Operations", "owner": manager, "valid_from": date(2026, 1, 1)}
    invoice = {"memo": "Labels", "external_id": "INV-1", "effective_on": date(2026, 1, 12)}
    return {
        "period": period,
        "version": draft_version(budget=budget, lines=planned, reason="", at=JANUARY, by=manager),
        "tranche": plan_tranches(budget=metered, tranches={"data": {}}, by=manager)[0],
        "commitment": commit(amount_minor=5_000, supplier="Label Ltd", memo="Labels", external_id="PO-1", **facts),
        "entry": post_actual(amount_minor=1_000, **invoice, **facts),
        "centre": add_cost_centre(**centre, by=finance_user),
        "exchange_rate": record_exchange_rate(**rate, source="ecb", at=JANUARY, by=finance_user),
    }


def connections_of(manager):
    """An address that is told, what it was told, and a view that is shared."""
    from people.models import WebhookDelivery
    from people.saved_views import save_view
    from people.webhooks import add_webhook, ping_webhook

    webhook, _secret = add_webhook(url="https://1.1.1.1/hook", event_types=["gate.decided"], at=JANUARY, by=manager)
    delivery = ping_webhook(endpoint=webhook, at=JANUARY, by=manager)
    WebhookDelivery.objects.filter(pk=delivery.pk).update(status="delivered", next_try_at=None)
    view = {"page": "projects", "name": "Data", "query": "station=data", "is_shared": True}
    return {"webhook": webhook, "delivery": delivery, "saved_view": save_view(**view, at=JANUARY, by=manager)}


@pytest.fixture
def world(
    engineer, manager, project, budget, rate_card, job, kpi, contract, feedback, make_run, labour, promises, ledger
):
    """One of everything, and its names for the addresses."""
    from finance.services.completion import judge_completion
    from outcomes.gate_sets import check
    from outcomes.services.gate import ask_review, define_gate
    from outcomes.services.gate_decision import decide_gate
    from people.models import AuditEntry
    from people.notices import notify
    from trainingjobs.models import Approval
    from trainingjobs.services import ask_step_timing

    (notice,) = notify(users=[engineer], kind="job_ended", text="TRI-1 finished", url=job.get_absolute_url())
    run = make_run()
    gate = define_gate(horizon="core", station="data", title="Ready?", criteria=[check("Asked")], by=manager)
    asked = ask_review(project=project, gate=gate, at=JANUARY, by=engineer)
    decision = decide_gate(review=asked, outcome="recycle", reasons="Too early", at=JANUARY, by=manager)
    review = ask_review(project=project, gate=gate, at=JANUARY, by=engineer)
    approval = Approval.objects.create(
        job=job, decision="approved", by=manager, at=JANUARY, digest="e" * 64, reserved_minor=120
    )
    completion = judge_completion(project=project, station="demand", percent=20, judged_on=project.started_on,
                                  reason="Asked for", at=JANUARY.replace(month=3), by=engineer)  # fmt: skip
    return SimpleNamespace(
        **plan_of(project, engineer, manager),
        completion=completion,
        **connections_of(manager),
        project=project,
        portfolio=project.portfolio,
        budget=budget,
        rate_card=rate_card,
        job=job,
        kpi=kpi,
        contract=contract,
        feedback=feedback,
        run=run,
        gate=gate,
        review=review,
        decision=decision,
        condition=decision.terms.create(position=1, text="Privacy is cleared", due_on=date(2026, 2, 1), owner=engineer),
        model=run.model_version,
        dataset=run.dataset,
        reservation=job.reservation,
        notice=notice,
        approval=approval,
        timing=ask_step_timing(recipe="linear-regression", params={}, by=engineer),
        audit=AuditEntry.objects.first(),
        **ledger,
        **vars(labour),
        **vars(promises),
    )
