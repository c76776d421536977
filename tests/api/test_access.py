"""One policy table: every route x method x role. A route that is missing here fails the inventory."""

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from outcomes.models import GateReview
from trainingjobs.models import TrainingJob

ROLES = ("anonymous", "viewer", "engineer", "stranger", "manager", "finance")

# (method, address): the answer to each role, in the order of ROLES. The viewer and the engineer are members of the
# project, the stranger is an engineer of another team. A row of another team is 404; named in a body it is 422.
SEEN = "401 200 200 404 200 200"
LISTED = "401 200 200 200 200 200"
PLANNED = "401 403 200 404 200 403"  # by the engineer, who leads the project, and the manager
STEERED = "401 403 403 403 200 403"  # by the role alone, before any row is looked up
POSTED = "401 403 403 403 403 201"  # finance alone
MADE = "401 403 201 422 201 201"
CONNECTED = "401 403 403 403 200 200"  # who may let other systems in
POLICY = {
    ("GET", "me/"): LISTED,
    ("PATCH", "me/"): LISTED,
    ("GET", "notices/"): LISTED,
    ("POST", "notices/{id}/read/"): "401 404 200 404 404 404",
    ("POST", "notices/read-all/"): LISTED,
    ("POST", "tokens/"): "401 201 201 201 201 201",
    ("DELETE", "tokens/current/"): "401 204 204 204 204 204",
    ("GET", "projects/"): LISTED,
    ("POST", "projects/"): "401 403 403 403 201 403",
    ("GET", "projects/{key}/"): SEEN,
    ("POST", "projects/{key}/enter-station/"): "401 403 403 403 409 403",  # its review waits for a decision
    **{("POST", f"projects/{{key}}/{verb}/"): PLANNED for verb in ("change", "plan")},
    **{("POST", f"projects/{{key}}/{verb}/"): STEERED for verb in ("place", "hold", "end")},
    ("POST", "projects/{key}/resume/"): "401 403 403 403 409 403",  # it does not rest
    ("GET", "projects/{key}/approval-threshold/"): SEEN,
    ("POST", "projects/{key}/approval-threshold/"): STEERED,
    ("GET", "projects/{key}/earning-kpi/"): SEEN,
    ("POST", "projects/{key}/earning-kpi/"): STEERED,
    ("GET", "demands/"): LISTED,
    ("POST", "demands/"): "401 403 201 201 201 201",
    ("GET", "demands/{id}/"): LISTED,
    ("POST", "demands/{id}/change/"): "401 403 409 403 409 403",  # it is submitted already
    ("POST", "demands/{id}/submit/"): "401 403 409 403 409 403",  # it is submitted already
    ("POST", "demands/{id}/decide/"): "401 403 403 403 200 403",
    ("POST", "demands/{id}/accept/"): "401 403 403 403 200 403",
    ("GET", "portfolios/"): LISTED,
    ("POST", "portfolios/"): "401 403 403 403 201 403",
    ("GET", "portfolios/{id}/"): LISTED,
    ("GET", "programmes/"): LISTED,
    ("POST", "programmes/"): "401 403 403 403 201 403",
    ("GET", "programmes/{id}/"): LISTED,
    **{("GET", f"{rows}/"): LISTED for rows in ("stages", "milestones", "dependencies", "risks")},
    **{("GET", f"{rows}/{{id}}/"): SEEN for rows in ("stages", "milestones", "dependencies", "risks")},
    **{("POST", f"stages/{{id}}/{verb}/"): PLANNED for verb in ("forecast", "assess")},
    **{("POST", f"milestones/{{id}}/{verb}/"): PLANNED for verb in ("move", "reach")},
    **{("POST", f"{rows}/"): "401 403 201 422 201 403" for rows in ("milestones", "dependencies", "risks")},
    **{("DELETE", f"{rows}/{{id}}/"): "401 403 204 404 204 403" for rows in ("milestones", "dependencies")},
    **{("POST", f"risks/{{id}}/{verb}/"): PLANNED for verb in ("change", "close")},
    ("GET", "stage-completions/"): LISTED,
    ("POST", "stage-completions/"): "401 403 201 422 201 403",
    ("GET", "stage-completions/{id}/"): SEEN,
    ("GET", "feedback/"): LISTED,
    ("POST", "feedback/"): MADE,
    ("GET", "feedback/{id}/"): SEEN,
    ("GET", "budgets/"): LISTED,
    ("POST", "budgets/"): "401 403 403 403 201 201",
    ("GET", "budgets/{id}/"): SEEN,
    ("POST", "budgets/open/"): "401 403 403 403 201 201",
    ("POST", "budgets/{id}/meter/"): "401 403 403 403 409 409",  # its money is in use
    ("POST", "budgets/{id}/line-policy/"): "401 403 403 403 200 200",
    ("GET", "reservations/"): LISTED,
    ("GET", "reservations/{id}/"): SEEN,
    ("GET", "budget-versions/"): LISTED,
    ("POST", "budget-versions/"): "401 403 403 403 201 201",
    ("GET", "budget-versions/{id}/"): SEEN,
    ("POST", "budget-versions/{id}/change/"): "401 403 403 403 200 200",
    ("POST", "budget-versions/{id}/approve/"): "401 403 403 403 200 200",
    ("GET", "tranches/"): LISTED,
    ("GET", "tranches/{id}/"): SEEN,
    ("GET", "commitments/"): LISTED,
    ("POST", "commitments/"): POSTED,
    ("GET", "commitments/{id}/"): SEEN,
    ("POST", "commitments/{id}/cancel/"): "401 403 403 403 403 200",
    ("POST", "actuals/"): POSTED,
    ("GET", "journal-entries/"): LISTED,
    ("POST", "journal-entries/"): POSTED,
    ("GET", "journal-entries/{id}/"): SEEN,
    ("POST", "journal-entries/{id}/reverse/"): POSTED,
    ("POST", "journal-batches/"): POSTED,
    ("GET", "fiscal-periods/"): LISTED,
    ("POST", "fiscal-periods/"): POSTED,
    ("GET", "fiscal-periods/{name}/"): LISTED,
    ("POST", "fiscal-periods/{name}/status/"): "401 403 403 403 403 200",
    ("GET", "fiscal-periods/{name}/control-totals/"): "401 403 403 403 200 200",
    ("GET", "cost-centres/"): LISTED,
    ("POST", "cost-centres/"): POSTED,
    ("GET", "cost-centres/{id}/"): LISTED,
    ("GET", "exchange-rates/"): LISTED,
    ("POST", "exchange-rates/"): POSTED,
    ("POST", "exchange-rates/batch/"): POSTED,
    ("GET", "exchange-rates/{id}/"): LISTED,
    ("GET", "rate-cards/"): LISTED,
    ("POST", "rate-cards/"): "401 403 403 403 403 201",
    ("GET", "rate-cards/{id}/"): LISTED,
    ("GET", "rate-cards/{id}/effect/"): "401 403 403 403 200 200",
    ("POST", "rate-cards/{id}/adjust/"): "401 403 403 403 403 200",
    ("GET", "kpis/"): LISTED,
    ("POST", "kpis/"): MADE,
    ("GET", "kpis/{id}/"): SEEN,
    ("GET", "kpis/{id}/measurements/"): SEEN,
    ("POST", "kpis/{id}/measurements/"): "401 403 201 404 201 201",
    ("POST", "kpis/{id}/change/"): "401 403 200 404 200 200",
    ("POST", "kpis/{id}/import/"): "401 403 201 404 201 201",
    ("GET", "contracts/"): LISTED,
    ("POST", "contracts/"): MADE,
    ("GET", "contracts/{id}/"): SEEN,
    ("POST", "contracts/{id}/sign/"): "401 403 403 403 403 200",
    ("POST", "kpis/{id}/sensitivity/"): "401 403 200 404 200 200",
    ("GET", "kpi-targets/"): LISTED,
    ("POST", "kpi-targets/"): MADE,
    ("GET", "kpi-targets/{id}/"): SEEN,
    ("GET", "measurements/"): LISTED,
    ("POST", "measurements/"): MADE,
    ("GET", "measurements/{id}/"): SEEN,
    ("GET", "benefits/"): LISTED,
    ("POST", "benefits/"): MADE,
    ("GET", "benefits/{id}/"): SEEN,
    ("POST", "benefits/{id}/plan/"): "401 403 200 404 200 200",
    ("POST", "benefits/{id}/realise/"): "401 403 200 404 200 200",  # the engineer owns it
    ("GET", "business-cases/"): LISTED,
    ("POST", "business-cases/"): MADE,
    ("GET", "business-cases/{id}/"): SEEN,
    ("GET", "objectives/"): LISTED,
    ("POST", "objectives/"): "401 403 403 403 201 403",
    ("GET", "objectives/{id}/"): SEEN,
    ("POST", "objectives/{id}/key-results/"): "401 403 403 403 201 403",
    ("GET", "feedback-triage/"): LISTED,
    ("POST", "feedback-triage/"): MADE,
    ("GET", "feedback-triage/{id}/"): SEEN,
    ("GET", "forecaster-scores/"): LISTED,
    ("GET", "recipes/"): LISTED,
    ("GET", "recipes/{slug}/"): LISTED,
    ("GET", "jobs/"): LISTED,
    ("POST", "jobs/"): MADE,
    ("POST", "jobs/price/"): "401 403 200 422 200 200",
    ("GET", "jobs/{id}/"): SEEN,
    ("PATCH", "jobs/{id}/"): "401 403 200 404 200 200",
    ("POST", "jobs/{id}/cancel/"): "401 403 200 404 200 200",
    ("POST", "jobs/{id}/pause/"): "401 403 200 404 200 200",
    ("POST", "jobs/{id}/resume/"): "401 403 200 404 200 200",
    ("POST", "jobs/{id}/retry/"): "401 403 201 404 201 201",
    ("POST", "jobs/{id}/approve/"): "401 403 403 404 200 403",
    ("POST", "jobs/{id}/decline/"): "401 403 403 404 200 403",
    ("POST", "jobs/{id}/priority/"): "401 403 200 404 200 403",  # the engineer leads the project
    ("POST", "jobs/act/"): "401 403 200 200 200 200",
    ("GET", "jobs/{id}/logs/"): SEEN,
    ("GET", "jobs/{id}/metrics/"): SEEN,
    ("GET", "jobs/{id}/attempts/"): SEEN,
    ("GET", "queue/"): LISTED,
    **{("GET", f"projects/{{key}}/{read}/"): SEEN for read in ("earned-value", "health", "budget")},
    **{("GET", f"{board}/"): LISTED for board in ("portfolio", "money", "what-if", "project-health", "cost-per-point")},
    ("GET", "budgets/{id}/burn/"): SEEN,
    ("GET", "waste/"): LISTED,
    ("GET", "explanations/"): "401 422 422 422 422 422",  # of what is not said
    **{("GET", f"{board}-board/"): LISTED for board in ("benefits", "feedback")},
    ("GET", "approvals/"): LISTED,
    ("GET", "approvals/{id}/"): SEEN,
    ("GET", "workers/"): "401 403 403 403 200 200",
    ("POST", "step-timings/"): "401 403 201 201 201 201",
    ("GET", "step-timings/{id}/"): "401 404 200 404 404 404",  # each person reads his own
    ("GET", "forecast-accuracy/"): LISTED,
    ("GET", "runs/"): LISTED,
    ("GET", "runs/{id}/"): SEEN,
    ("GET", "models/"): LISTED,
    ("GET", "models/{id}/"): SEEN,
    ("GET", "datasets/"): LISTED,
    ("GET", "datasets/{id}/"): SEEN,
    ("GET", "job-roles/"): LISTED,
    ("POST", "job-roles/"): "401 403 403 403 201 201",
    ("GET", "job-roles/{id}/"): LISTED,
    ("GET", "employments/"): "401 403 403 403 200 200",
    ("POST", "employments/"): "401 403 403 403 201 201",
    ("POST", "employments/batch/"): "401 403 403 403 201 201",
    ("GET", "employments/{id}/"): "401 403 403 403 200 200",
    ("GET", "allocations/"): LISTED,
    ("POST", "allocations/"): "401 403 403 403 201 201",
    ("POST", "allocations/batch/"): "401 403 403 403 201 201",
    ("GET", "allocations/{id}/"): SEEN,
    ("POST", "allocations/{id}/end/"): "401 403 403 403 200 200",
    ("GET", "role-rates/"): "401 403 403 403 200 200",
    ("POST", "role-rates/"): "401 403 403 403 201 201",
    ("POST", "role-rates/batch/"): "401 403 403 403 201 201",
    ("GET", "role-rates/{id}/"): "401 403 403 403 200 200",
    ("GET", "role-rates/{id}/effect/"): "401 403 403 403 200 200",
    ("POST", "role-rates/{id}/adjust/"): "401 403 403 403 403 200",
    ("GET", "time-entries/"): LISTED,
    ("POST", "time-entries/"): MADE,  # the engineer his own
    ("POST", "time-entries/batch/"): MADE,
    ("GET", "time-entries/{id}/"): "401 404 200 404 200 200",  # the engineer his own
    ("GET", "gates/"): LISTED,
    ("POST", "gates/"): "401 403 403 403 201 403",
    ("GET", "gates/{id}/"): LISTED,
    ("GET", "gate-reviews/"): LISTED,
    ("POST", "gate-reviews/"): MADE,
    ("GET", "gate-reviews/{id}/"): SEEN,
    ("GET", "gate-reviews/{id}/readings/"): SEEN,
    ("POST", "gate-reviews/{id}/answer/"): "401 403 200 404 200 200",
    ("POST", "gate-reviews/{id}/withdraw/"): "401 403 200 404 200 403",  # the engineer asked for it
    ("POST", "gate-reviews/{id}/decide/"): "401 403 403 403 200 403",
    ("GET", "gate-decisions/"): LISTED,
    ("GET", "gate-decisions/{id}/"): SEEN,
    ("GET", "gate-conditions/"): LISTED,
    ("GET", "gate-conditions/{id}/"): SEEN,
    ("POST", "gate-conditions/{id}/fulfil/"): "401 403 200 404 200 403",  # the engineer sees to it
    ("GET", "saved-views/"): LISTED,
    ("POST", "saved-views/"): "401 201 201 201 201 201",
    ("GET", "saved-views/{id}/"): LISTED,  # the manager shares it
    ("DELETE", "saved-views/{id}/"): "401 403 403 403 204 403",
    ("GET", "webhooks/"): CONNECTED,
    ("POST", "webhooks/"): "401 403 403 403 201 201",
    ("GET", "webhooks/{id}/"): CONNECTED,
    **{("POST", f"webhooks/{{id}}/{verb}/"): CONNECTED for verb in ("rotate", "pause", "resume")},
    ("POST", "webhooks/{id}/ping/"): "401 403 403 403 201 201",
    ("GET", "webhook-deliveries/"): CONNECTED,
    ("GET", "webhook-deliveries/{id}/"): CONNECTED,
    ("POST", "webhook-deliveries/{id}/replay/"): CONNECTED,
    ("GET", "audit/"): "401 403 403 403 200 200",
    ("GET", "audit/{id}/"): "401 403 403 403 200 200",
}
SILENT = {"HEAD", "OPTIONS"}  # HEAD is GET without a body; OPTIONS answers 405 everywhere
ROW_OF = {
    "demands": "demand",
    "portfolios": "portfolio",
    "programmes": "programme",
    "stages": "stage",
    "stage-completions": "completion",
    "milestones": "milestone",
    "dependencies": "dependency",
    "risks": "risk",
    "projects": "project",
    "budgets": "budget",
    "reservations": "reservation",
    "budget-versions": "version",
    "tranches": "tranche",
    "commitments": "commitment",
    "journal-entries": "entry",
    "cost-centres": "centre",
    "exchange-rates": "exchange_rate",
    "rate-cards": "rate_card",
    "kpis": "kpi",
    "contracts": "contract",
    "kpi-targets": "kpi_target",
    "measurements": "measurement",
    "benefits": "benefit",
    "business-cases": "case",
    "objectives": "objective",
    "feedback-triage": "triage",
    "jobs": "job",
    "approvals": "approval",
    "step-timings": "timing",
    "runs": "run",
    "models": "model",
    "datasets": "dataset",
    "audit": "audit",
    "saved-views": "saved_view",
    "webhooks": "webhook",
    "webhook-deliveries": "delivery",
    "gates": "gate",
    "gate-reviews": "review",
    "gate-decisions": "decision",
    "gate-conditions": "condition",
    "job-roles": "role",
    "employments": "employment",
    "allocations": "allocation",
    "role-rates": "role_rate",
    "time-entries": "time_entry",
    "notices": "notice",
    "feedback": "feedback",
}


@pytest.fixture
def cast_of(viewer, engineer, stranger, manager, finance_user):
    return dict(zip(ROLES, (None, viewer, engineer, stranger, manager, finance_user), strict=True))


def ledger_bodies(world, engineer):
    line = world.budget.lines.get(category="people").pk
    document = {"source": "erp", "external_id": "1", "line": line, "memo": "Labels", "amount": "10.00"}
    sides = [{"account": "expense", "line": line, "amount": "10.00"}, {"account": "clearing", "amount": "-10.00"}]
    entry = {"external_id": "1", "effective_on": "2026-01-20", "currency": "EUR", "memo": "Labels", "sides": sides}
    rate = {"base": "USD", "quote": "EUR", "kind": "spot", "valid_on": "2026-01-20", "rate": "0.92"}
    planned = {"period": "2026-01", "category": "people", "station": "data", "amount": "10000.00"}
    return {
        "budgets/open/": {"project": "TRI", "name": "2028", "currency": "EUR"},
        "budgets/{id}/meter/": {
            "tranches": [{"station": "data", "amounts": [{"category": "people", "amount": "10.00"}]}]
        },
        "budgets/{id}/line-policy/": {"category": "people", "policy": "warn"},
        "budget-versions/{id}/change/": {"lines": [planned]},
        "fiscal-periods/": {"first": "2026-02-01", "months": 2},
        "budget-versions/": {"budget": world.budget.pk, "lines": [planned]},
        "commitments/": {**document, "supplier": "Label Ltd"},
        "actuals/": document,
        "journal-entries/": {"source": "erp", **entry},
        "journal-entries/{id}/reverse/": {"memo": "Posted twice"},
        "journal-batches/": {"source": "erp", "entries": [entry]},
        "fiscal-periods/{name}/status/": {"status": "soft_closed"},
        "cost-centres/": {"code": "4711", "name": "Vision", "owner": engineer.username, "valid_from": "2026-01-01"},
        "exchange-rates/": {"source": "ecb", **rate},
        "exchange-rates/batch/": {"source": "ecb", "rates": [rate]},
    }


def bodies(world, engineer, department):
    """What is sent to each address; a batch has one row, that of the single verb."""
    sent = bodies_of_one(world, engineer, department)
    for rows in ("employments", "allocations", "role-rates", "time-entries"):
        sent[f"{rows}/batch/"] = {rows.replace("-", "_"): [sent[f"{rows}/"]]}
    return sent


def bodies_of_one(world, engineer, department):
    rates = dict.fromkeys(("cpu_core_hour", "gpu_hour", "gib_hour", "kwh"), "0.5")
    return {
        "me/": {"mail_notices": False},
        **ledger_bodies(world, engineer),
        "projects/": {
            "key": "NEW",
            "title": "New",
            "portfolio": world.project.portfolio.name,
            "sponsor": department.code,
            "lead": engineer.username,
            "started_on": "2026-03-01",
        },
        "projects/{key}/change/": {"title": "Tickets find their desk"},
        "projects/{key}/plan/": {"stages": [{"station": "data", "planned_finish": "2026-05-01"}]},
        "projects/{key}/place/": {"programme": world.programme.pk, "horizon": "adjacent"},
        "projects/{key}/end/": {"status": "killed"},
        "demands/": {"title": "Fewer", "problem": "Many", "department": department.code},
        "demands/{id}/change/": {
            "title": "Fewer",
            "problem": "Many",
            "department": department.code,
            "horizon": "core",
            "impact": 2,
        },
        "demands/{id}/decide/": {"status": "shelved", "note": "Later"},
        "demands/{id}/accept/": {
            "key": "NEW",
            "title": "New",
            "portfolio": world.project.portfolio.name,
            "sponsor": department.code,
            "lead": engineer.username,
        },
        "portfolios/": {"name": "Forecasting"},
        "projects/{key}/approval-threshold/": {"amount": "25.00"},
        "projects/{key}/earning-kpi/": {"kpi": world.kpi.pk},
        "programmes/": {"portfolio": world.project.portfolio.name, "name": "Plants", "owner": engineer.username},
        "stage-completions/": {"project": "TRI", "station": "demand", "percent": 40, "reason": "Written"},
        "stages/{id}/forecast/": {"finish": "2027-01-01"},
        "stages/{id}/assess/": {"p_success_percent": 80, "cost": "1200.50"},
        "milestones/": {"project": "TRI", "title": "Live", "planned_on": "2026-10-01"},
        "milestones/{id}/move/": {"planned_on": "2026-10-01"},
        "milestones/{id}/reach/": {"on": "2026-02-01"},
        "dependencies/": {"predecessor": world.milestone.pk, "successor": world.third.pk},
        "risks/{id}/change/": {"probability_percent": 40},
        "risks/": {
            "project": "TRI",
            "title": "Snow",
            "probability_percent": 20,
            "impact": "500.00",
            "response": "reduce",
            "owner": engineer.username,
        },
        "projects/{key}/enter-station/": {"station": "data", "on": "2026-03-01"},
        "feedback/": {"project": "TRI", "score": 5, "text": "Good", "source": "Li, sorting"},
        "budgets/": {
            "project": "TRI",
            "name": "2027",
            "currency": "EUR",
            "lines": [{"category": "data", "planned": "10.00"}],
        },
        "job-roles/": {"code": "analyst", "name": "Analyst"},
        "employments/": {
            "source": "hr",
            "external_id": "E-2",
            "name": "Ada Quist",
            "role": "ml-engineer",
            "department": department.code,
            "valid_from": "2026-03-01",
        },
        "allocations/": {
            "source": "plan",
            "external_id": "A-2",
            "employment_source": "hr",
            "employment_external_id": "E-1",
            "project": "TRI",
            "hours_per_week": 8,
            "valid_from": "2026-03-01",
        },
        "role-rates/": {
            "source": "erp",
            "external_id": "R-2",
            "role": "ml-engineer",
            "hour": "95.50",
            "currency": "EUR",
            "valid_from": "2026-03-01",
        },
        "role-rates/{id}/adjust/": {"effective_on": "2026-06-01"},
        "time-entries/": {
            "source": "hr",
            "external_id": "T-2",
            "employment_external_id": "E-1",
            "line": world.time_entry.line_id,
            "worked_on": "2026-03-02",
            "minutes": 60,
            "station": "training",
        },
        "rate-cards/": {
            "name": "Compute",
            "currency": "EUR",
            "valid_from": "2026-06-01",
            **rates,
            "watt_per_core": "11.5",
            "watt_per_gpu": "400",
        },
        "kpis/": {
            "project": "TRI",
            "name": "Returns",
            "unit": "%",
            "direction": "lower",
            "owner": engineer.username,
            "baseline": 3,
            "target": 2,
        },
        "kpis/{id}/change/": {"source": "sorter log, weekly"},
        "kpis/{id}/measurements/": {"value": 3.5, "measured_at": "2026-03-01T08:00:00Z"},
        "kpis/{id}/import/": f"kpi,measured_at,value\n{world.kpi.pk},2026-03-01,3.5\n",
        "saved-views/": {"page": "projects", "name": "Data", "query": "station=data"},
        "webhooks/": {"url": "https://1.1.1.1/hook", "event_types": ["job.ended"]},
        "contracts/": {
            "kpi": world.kpi.pk,
            "metric": "test_accuracy",
            "metric_baseline": 0.9,
            "sensitivity": -20,
            "units_per_year": 1000,
            "units_label": "parcels",
            "currency": "EUR",
            "worth": "0.0125",
            "valid_from": "2026-01-01",
            "owner": engineer.username,
        },
        "kpis/{id}/sensitivity/": {"metric": "test_accuracy"},
        "kpi-targets/": {
            "kpi": world.kpi.pk,
            "starts_on": "2026-10-01",
            "ends_on": "2027-01-01",
            "value": 2,
            "amber": 2.5,
            "red": 3,
        },
        "measurements/": {"measurements": [{"kpi": world.kpi.pk, "value": 3.5, "measured_at": "2026-03-01T08:00:00Z"}]},
        "benefits/": {
            "project": "TRI",
            "name": "Second pass saved",
            "kind": "cashable",
            "owner": engineer.username,
            "currency": "EUR",
            "plan": [{"month": "2026-02-01", "planned": "100.00"}],
        },
        "benefits/{id}/plan/": {"plan": [{"month": "2026-02-01", "planned": "100.00"}]},
        "benefits/{id}/realise/": {"month": "2026-02-01", "actual": "90.00"},
        "business-cases/": {
            "project": "TRI",
            "currency": "EUR",
            "discount_rate_bp": 800,
            "flows": [{"year": 0, "cost": "100.00", "benefit": "0"}, {"year": 1, "cost": "0", "benefit": "110"}],
        },
        "objectives/": {
            "portfolio": world.project.portfolio.name,
            "title": "Fewer returns",
            "owner": engineer.username,
            "starts_on": "2026-01-01",
            "ends_on": "2027-01-01",
        },
        "objectives/{id}/key-results/": {"kpi": world.kpi.pk},
        "feedback-triage/": {"feedback": world.feedback.pk, "status": "accepted"},
        "jobs/": {"project": "TRI", "recipe": "image-classifier", "params": {"epochs": 2}},
        "jobs/price/": {"project": "TRI", "recipe": "image-classifier", "params": {"epochs": 2}},
        "jobs/{id}/": {"params": {"epochs": 2}},
        "jobs/{id}/decline/": {"reason": "Too dear."},
        "jobs/{id}/priority/": {"priority": 1},
        "gates/": {
            "horizon": "adjacent",
            "station": "data",
            "title": "Ready?",
            "criteria": [{"title": "Asked", "kind": "must_meet", "fact": "check"}],
        },
        "gate-reviews/": {"project": "TRI", "gate": world.gate.pk},
        "gate-reviews/{id}/answer/": {"criterion": world.gate.criteria.get().pk, "met": True},
        "gate-conditions/{id}/fulfil/": {"note": "Mail of 3 May"},
        "gate-reviews/{id}/decide/": {"outcome": "hold", "reasons": "Not now"},
        "step-timings/": {"recipe": "linear-regression"},
        "jobs/act/": {"action": "pause", "jobs": [str(world.job.pk)]},
    }


# How the job stands when a verb comes; queued where nothing is said.
STANDS = {
    "jobs/{id}/retry/": {"state": "failed", "finished_at": "2026-03-01T08:00:00Z"},
    "jobs/{id}/resume/": {"state": "paused", "pause_reason": "asked"},
    "jobs/{id}/approve/": {"state": "awaiting", "needs_approval": True},
    "jobs/{id}/decline/": {"state": "awaiting", "needs_approval": True},
}


RESOURCES = sorted({address.split("/")[0] for _method, address in POLICY})


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_route_answers_each_role_as_the_policy_says(resource, world, cast_of, api, engineer, department):
    said = {route: answers for route, answers in POLICY.items() if route[1].split("/")[0] == resource}
    row = getattr(world, ROW_OF.get(resource, ""), None)
    sent = bodies(world, engineer, department)

    def answer(method, address, user):
        path = "/api/v1/" + address.format(key="TRI", slug="quantization", name="2026-01", id=getattr(row, "pk", ""))
        with transaction.atomic():
            TrainingJob.objects.filter(pk=world.job.pk).update(**STANDS.get(address, {"state": "queued"}))
            if (method, address) == ("POST", "gate-reviews/"):  # one waits at a time
                GateReview.objects.update(withdrawn_at=world.review.asked_at)
            send = getattr(api(user), method.lower())
            kind = {"content_type": "text/csv"} if address == "kpis/{id}/import/" else {}
            body = None if method == "GET" else sent.get(address)
            status = send(path, body, headers={"Idempotency-Key": "1"}, **kind).status_code
            transaction.set_rollback(True)
        return str(status)

    answers = {route: " ".join(answer(*route, cast_of[role]) for role in ROLES) for route in said}
    assert answers == said


def routes(patterns, prefix=""):
    """(method, address) of everything the URL map answers below a prefix."""
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, path)
        elif isinstance(each, URLPattern) and path.startswith("api/v1/"):
            view = each.callback
            methods = view.actions if hasattr(view, "actions") else view.cls().allowed_methods
            yield from ((method.upper(), path.removeprefix("api/v1/")) for method in methods)


def normal(address):
    """<int:pk>, {id} and {key} alike become {}."""
    return "/".join("{}" if part[:1] in "<{" and part else part for part in address.split("/"))


@pytest.fixture(scope="module")
def documented():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return {
        (method.upper(), path.removeprefix("/api/v1/"))
        for path, methods in schema["paths"].items()
        for method in methods
    }


def test_the_schema_describes_every_route_of_the_url_map(documented):
    mapped = {(method, normal(path)) for method, path in routes(get_resolver().url_patterns) if method not in SILENT}
    assert mapped - {(method, normal(path)) for method, path in documented} == set()
    assert len(mapped) >= 40


def test_the_policy_table_holds_every_route_of_the_schema(documented):
    assert set(POLICY) == documented


def test_lists_show_a_stranger_nothing_of_another_team(world, stranger, api):
    client = api(stranger)
    for prefix in (
        "projects",
        "feedback",
        "budgets",
        "reservations",
        "kpis",
        "contracts",
        "kpi-targets",
        "measurements",
        "benefits",
        "business-cases",
        "feedback-triage",
        "jobs",
        "approvals",
        "runs",
        "models",
        "datasets",
        "allocations",
        "time-entries",
    ):
        assert client.get(f"/api/v1/{prefix}/").json()["results"] == [], prefix
        assert client.get(f"/api/v1/{prefix}/?project=TRI").json()["count"] == 0, prefix


def test_lists_show_a_member_the_rows_of_the_team(world, viewer, api):
    client = api(viewer)
    for prefix in (
        "projects",
        "feedback",
        "reservations",
        "kpis",
        "contracts",
        "kpi-targets",
        "measurements",
        "benefits",
        "business-cases",
        "feedback-triage",
        "jobs",
        "approvals",
        "runs",
        "models",
        "datasets",
        "allocations",
    ):
        assert client.get(f"/api/v1/{prefix}/").json()["count"] == 1, prefix
    assert client.get("/api/v1/budgets/").json()["count"] == 2  # one that was approved, one that waits for its gates


@pytest.mark.parametrize("method", ["put", "delete", "options"])
def test_methods_that_no_route_offers_are_refused_by_name(world, manager, api, method):
    answer = getattr(api(manager), method)(f"/api/v1/jobs/{world.job.pk}/", {})
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert "GET" in answer["Allow"]


@pytest.mark.django_db
def test_a_session_without_its_csrf_token_may_not_write(manager, project):
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(manager)
    answer = client.post("/api/v1/projects/TRI/enter-station/", {"station": "data"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_member_may_not_start_from_the_model_of_another_team(
    world, engineer, api, make_user, make_run, manager, department
):
    from projects.services import open_project

    other = open_project(
        key="OTH",
        title="Other",
        portfolio=world.project.portfolio,
        sponsor=department,
        lead=make_user("zoe.other"),
        started_on=world.project.started_on,
        by=manager,
    )
    hidden = make_run("OTH-1", project=other, digest="e" * 64).model_version
    answer = api(engineer).post("/api/v1/jobs/", {"project": "TRI", "recipe": "quantization", "parent": str(hidden.pk)})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "parent"
    assert answer.json()["errors"][0]["code"] == "does_not_exist"
