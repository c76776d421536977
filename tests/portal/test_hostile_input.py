"""Whatever stands in an address, a form or a body, the answer is one that was meant: never a fault of ours."""

import json

import pytest
from django.test import Client
from knox.models import AuthToken

from experiments.models import ModelVersion
from finance.models import Budget, JournalEntry
from outcomes.models import Kpi, ValueContract
from portal.api.urls import router
from trainingjobs.models import TrainingJob

WORDS = (
    "",
    "a\0b",
    "²",
    "-1",
    "NaN",
    "inf",
    "1e400",
    "1e308",
    "9e999999999",
    "9" * 5000,
    "0001-01-01",
    "9999-12-31T23:59",
    "a\r\nSet-Cookie: a=b",
    "<script>alert(1)</script>🦑\u202e\U0010ffff",
)
FEW = ("\0", "²", "-1", "9" * 30, "[" * 3000, '{"train_loss": -1}', "a\r\nX: y")
VALUES = (*WORDS, None, True, [], {}, [[]], {"a": 1}, -1, 0, 2**63, 10**30, 1e308, -1e308, 5e-324)
QUERIES = (
    "page", "sort", "q", "state", "project", "recipe", "by", "station", "portfolio", "verb", "kind", "from", "parent",
    "since", "why", "plain", "next", "limit", "days", "range", "page_size", "number", "run", "lead", "owner", "format",
    "pair", "order", "budget",
)  # fmt: skip


@pytest.fixture
def superuser(make_user):
    return make_user("root", "manager", is_superuser=True, is_staff=True)


@pytest.fixture
def addresses(told):
    job, kpi = TrainingJob.objects.get(), Kpi.objects.get()
    contract, model = ValueContract.objects.get(), ModelVersion.objects.get()
    return [
        "/", "/portfolio.csv", "/explain/portfolio/value/", "/projects/", "/projects/TRI/", f"/kpis/{kpi.pk}/",
        "/projects/new/", "/projects/TRI/feedback/new/", "/projects/TRI/kpis/new/",
        f"/kpis/{kpi.pk}/measurements/new/", f"/kpis/{kpi.pk}/contracts/new/", f"/contracts/{contract.pk}/sign/",
        f"/explain/value/{contract.pk}/", f"/explain/job-cost/{job.pk}/", "/jobs/", "/jobs.csv", "/jobs/TRI-1/",
        "/jobs/TRI-1/live/", "/jobs/TRI-1/series/", "/jobs/TRI-1/worth/", "/jobs/TRI-1/log/", "/jobs/TRI-1/clone/",
        "/projects/TRI/jobs/new/", "/models/", f"/models/{model.pk}/files/model.json", "/rate-cards/", "/search/",
        "/audit/", "/sign-in/", "/projects/TRI/budget/", "/money/", "/money/rates/", "/money/rates.csv",
    ]  # fmt: skip


def faults_of(asked):
    """Ask, and say what broke."""
    faults = []
    for label, ask in asked:
        try:
            answer = ask()
            if answer.status_code >= 500:
                faults.append(f"{label}: {answer.status_code}")
            elif getattr(answer, "streaming", False):
                b"".join(answer.streaming_content)
        except Exception as error:
            faults.append(f"{label}: {type(error).__name__}: {error!s:.120}")
    return faults


def test_no_query_breaks_a_page(superuser, addresses, sign_in):
    client = sign_in(superuser)
    asked = [
        (f"{address}?*={word[:40]!r}", lambda a=address, w=word: client.get(a, dict.fromkeys(QUERIES, w)))
        for address in addresses
        for word in FEW
    ]
    assert "\n".join(faults_of(asked)) == ""


FORMS = {
    "/projects/new/": {
        "key": "NEW", "title": "New", "summary": "", "demand": "", "portfolio": "1", "sponsor": "1", "lead": "1",
        "members": "1", "started_on": "2026-03-01", "due_on": "",
    },
    "/projects/TRI/feedback/new/": {"score": "5", "text": "Good", "source": "Li", "received_at": "2026-03-01T08:00"},
    "/projects/TRI/kpis/new/": {
        "name": "Returns", "definition": "", "unit": "%", "direction": "lower", "aggregation": "last",
        "baseline": "3", "target": "2", "owner": "1", "source": "",
    },
    "/kpis/{kpi}/measurements/new/": {
        "value": "3", "measured_at": "2026-03-01T08:00", "source": "", "model_version": "",
    },
    "/kpis/{kpi}/contracts/new/": {
        "metric": "test_accuracy", "metric_baseline": "0.9", "sensitivity": "-100", "sensitivity_sd": "10",
        "units_per_year": "1000", "units_label": "parcels", "worth": "0.01", "upkeep": "0", "valid_from": "2026-01-01",
        "owner": "1", "basis": "",
    },
    "/projects/TRI/jobs/new/": {
        "recipe": "linear-regression", "submission": "", "parent": "", "epochs": "5", "learning_rate": "0.1",
        "seed": "0", "points": "50", "noise": "0.1", "slope": "1", "intercept": "1",
    },
    "/projects/TRI/jobs/price/": {
        "recipe": "image-classifier", "parent": "", "epochs": "2", "batch_size": "32", "dataset": "digits", "seed": "0",
        "learning_rate": "0.001",
    },
    "/budgets/{budget}/orders/new/": {
        "number": "0b0e6f0e-7a4a-4d0c-9a52-6a4d1b1f5a11", "line": "1", "supplier": "Kontor", "memo": "Labels",
        "amount": "1", "currency": "", "is_cancellable": "on",
    },
    "/budgets/{budget}/invoices/new/": {
        "number": "0b0e6f0e-7a4a-4d0c-9a52-6a4d1b1f5a12", "line": "1", "order": "", "memo": "Labels", "amount": "1",
        "currency": "", "effective_on": "2026-03-01", "cost_centre": "", "station": "",
    },
    "/journal-entries/{entry}/reverse/": {"memo": "Twice", "effective_on": "2026-03-01"},
    "/money/rates/new/": {
        "base": "USD", "quote": "EUR", "rate": "0.92", "kind": "spot", "valid_on": "2026-03-01", "source": "bank",
        "seen": "USD|EUR|0.92|spot|2026-03-01|bank",
    },
    "/sign-in/": {"username": "x", "password": "y", "next": "/"},
    "/theme/": {"theme": "dark", "next": "/"},
}  # fmt: skip


@pytest.mark.parametrize("address", FORMS)
def test_no_field_breaks_a_form(address, superuser, addresses, sign_in, settings):
    settings.RATE_SIGN_IN = settings.RATE_SIGN_IN_ADDRESS = 10_000
    client = Client() if address == "/sign-in/" else sign_in(superuser)
    url = address.format(kpi=Kpi.objects.get().pk, budget=Budget.objects.get().pk, entry=JournalEntry.objects.get().pk)
    asked = [
        (f"{address} {name}={word[:40]!r}", lambda n=name, w=word: client.post(url, FORMS[address] | {n: w}))
        for name in FORMS[address]
        for word in WORDS
    ]
    asked += [(f"then {page}", lambda p=page: client.get(p)) for page in addresses]  # what was accepted can be shown
    assert "\n".join(faults_of(asked)) == ""


LISTS = (
    "projects", "feedback", "budgets", "reservations", "rate-cards", "kpis", "contracts", "jobs", "runs", "models",
    "datasets", "audit", "recipes",
)  # fmt: skip
BODIES = {
    "tokens": {"username": "x", "password": "y"},
    "projects": {
        "key": "NEW", "title": "New", "summary": "s", "demand": "d", "portfolio": "Machine vision", "sponsor": "ops",
        "lead": "root", "members": ["root"], "started_on": "2026-03-01", "due_on": "2026-04-01",
    },
    "projects/TRI/enter-station": {"station": "data", "on": "2026-03-01"},
    "feedback": {
        "project": "TRI", "score": 5, "text": "Good", "source": "Li", "received_at": "2026-03-01T08:00:00Z",
    },
    "budgets": {
        "project": "TRI", "name": "2027", "currency": "EUR", "on": "2026-03-01",
        "lines": [{"category": "data", "planned": "10.00"}],
    },
    "rate-cards": {
        "name": "C", "currency": "EUR", "valid_from": "2026-06-01", "cpu_core_hour": "1", "gpu_hour": "1",
        "gib_hour": "1", "kwh": "1", "watt_per_core": "11.5", "watt_per_gpu": "400",
    },
    "kpis": {
        "project": "TRI", "name": "Returns", "unit": "%", "direction": "lower", "owner": "root", "baseline": 3,
        "target": 2, "definition": "d", "source": "s",
    },
    "kpis/{kpi}/measurements": {
        "value": 3.5, "measured_at": "2026-03-01T08:00:00Z", "source": "s", "model_version": None,
    },
    "contracts": {
        "kpi": 1, "metric": "test_accuracy", "metric_baseline": 0.9, "sensitivity": -1, "sensitivity_sd": 0.1,
        "units_per_year": 1000, "units_label": "p", "worth": "0.01", "upkeep": "0", "currency": "EUR",
        "valid_from": "2026-01-01", "owner": "root", "basis": "b",
    },
    "jobs": {"project": "TRI", "recipe": "linear-regression", "params": {}, "parent": None, "submission": None},
}  # fmt: skip


@pytest.fixture
def api(superuser):
    _row, token = AuthToken.objects.create(superuser)
    return Client(headers={"Authorization": f"Token {token}"})


@pytest.mark.parametrize("address", BODIES)
def test_no_value_breaks_the_api(address, api, superuser, addresses, sign_in, settings):
    settings.RATE_SIGN_IN = settings.RATE_SIGN_IN_ADDRESS = 10_000
    kpi = Kpi.objects.get().pk
    url, body = (
        f"/api/v1/{address.format(kpi=kpi)}/",
        BODIES[address] | ({"kpi": kpi} if address == "contracts" else {}),
    )
    send = lambda sent: api.post(url, json.dumps(sent), content_type="application/json")  # noqa: E731
    asked = [
        (f"{address} {name}={value!r:.40}", lambda n=name, v=value: send(body | {n: v}))
        for name in body
        for value in VALUES
    ]
    if address == "jobs":
        asked += [
            (f"params.{name}={value!r:.40}", lambda n=name, v=value: send(body | {"params": {n: v}}))
            for name in ("epochs", "learning_rate", "seed", "dataset", "\0", "x" * 9000)
            for value in VALUES
        ]
    if address == "budgets":
        asked += [
            (f"planned={value!r:.40}", lambda v=value: send(body | {"lines": [{"category": "data", "planned": v}]}))
            for value in (*VALUES, "9999999999999", "9999999999999.99")
        ]
    asked += [(f"{address} whole={value!r:.40}", lambda v=value: send(v)) for value in VALUES]
    page = sign_in(superuser)
    asked += [(f"then {each}", lambda e=each: page.get(e)) for each in addresses]  # what was accepted can be shown
    asked += [(f"then {each}", lambda e=each: api.get(f"/api/v1/{e}/")) for each in LISTS]
    assert "\n".join(faults_of(asked)) == ""


def test_no_filter_breaks_a_list_of_the_api(api, told):
    fields = [
        (prefix, field)
        for prefix, face, _name in router.registry
        for field in (*getattr(getattr(face, "filterset_class", None), "base_filters", ()), "page", "page_size")
    ]
    asked = [
        (f"{name}?{field}={word[:40]!r}", lambda n=name, f=field, w=word: api.get(f"/api/v1/{n}/", {f: w}))
        for name, field in fields
        for word in FEW
    ]
    assert "\n".join(faults_of(asked)) == ""


def test_no_address_breaks_the_portal(superuser, api, sign_in, told):
    page = sign_in(superuser)
    marks = ("%00", "a%00b", "..%2f..%2fetc%2fpasswd", "%ff%fe", "%C2%B2", "9" * 30, "-1", "x" * 5000, "%0d%0aX:%20y")
    pages = (
        "/projects/{}/", "/kpis/{}/", "/jobs/{}-1/", "/jobs/TRI-{}/", "/jobs/{}-1/log/", "/jobs/{}-1/series/",
        "/explain/{}/1/", "/explain/value/{}/", "/explain/job-cost/{}/", "/explain/budget/{}/",
        "/explain/budget-line/{}/", "/explain/portfolio/{}/", f"/models/{ModelVersion.objects.get().pk}/files/{{}}",
        "/models/{}/files/x", "/contracts/{}/sign/", "/{}", "/static/{}", "/admin/{}/", "/admin/people/user/{}/change/",
        "/projects/{}/jobs/new/",
    )  # fmt: skip
    faces = (
        "projects/{}/", "jobs/{}/", "jobs/{}/logs/", "kpis/{}/", "kpis/{}/measurements/", "models/{}/", "recipes/{}/",
        "datasets/{}/", "{}", "audit/{}/",
    )  # fmt: skip
    asked = [(form + " " + mark[:20], lambda f=form, m=mark: page.get(f.format(m))) for form in pages for mark in marks]
    asked += [(f + " " + m[:20], lambda f=f, m=m: api.get("/api/v1/" + f.format(m))) for f in faces for m in marks]
    assert "\n".join(faults_of(asked)) == ""
