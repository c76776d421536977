"""One error shape, whatever went wrong."""

import logging
import zlib

import pytest
from django.db import OperationalError

SHAPE = {"type", "title", "status", "code", "detail", "errors"}
JOB = {"project": "TRI", "recipe": "image-classifier", "params": {"epochs": 3}}
FEEDBACK = {"project": "TRI", "score": 3, "text": "Fine", "source": "Li"}
BUDGET = {"project": "TRI", "name": "2027", "currency": "EUR", "lines": [{"category": "data", "planned": "10.00"}]}


def problem_of(answer):
    body = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert set(body) >= SHAPE
    assert body["status"] == answer.status_code
    assert body["type"] == f"urn:throughline:problem:{body['code']}"
    assert body["title"]
    assert body["detail"]
    assert all(set(fault) == {"field", "code", "message"} for fault in body["errors"])
    return body


@pytest.mark.parametrize(
    ("address", "body", "field", "code", "words"),
    [
        ("jobs", {**JOB, "params": {"epochs": 900}}, "params.epochs", "too_high", "900 is above the limit of 200"),
        ("jobs", {**JOB, "params": {"epochs": "many"}}, "params.epochs", "not_an_integer", "Usual is 10"),
        ("jobs", {**JOB, "params": {"speed": 1}}, "params.speed", "unknown_setting", "epochs"),
        ("jobs", {**JOB, "params": [1]}, "params", "not_a_dict", "dictionary"),
        ("jobs", {**JOB, "recipe": "image-clasifier"}, None, "unknown_recipe", "image-classifier"),
        ("jobs", {**JOB, "recipe": "quantization", "params": {}}, None, "wrong_parent", "finished model"),
        ("jobs", {**JOB, "parent": "7"}, "parent", "invalid", "UUID"),
        ("jobs", {**JOB, "prams": {}}, "prams", "unknown_field", "project, recipe, params"),
        ("jobs", {"recipe": "image-classifier"}, "project", "required", "required"),
        ("jobs", {**JOB, "project": "NOPE"}, "project", "does_not_exist", "NOPE"),
        ("jobs", {**JOB, "project": {"a": 1}}, "project", "does_not_exist", ""),
        ("jobs", [JOB], None, "invalid", "dictionary"),
        ("feedback", {**FEEDBACK, "score": 6}, "score", "max_value", "5"),
        ("feedback", {**FEEDBACK, "text": "a\x00b"}, "text", "null_characters_not_allowed", "Null"),
        ("feedback", {**FEEDBACK, "received_at": "yesterday"}, "received_at", "invalid", "format"),
        ("budgets", {**BUDGET, "lines": []}, "lines", "empty", "empty"),
        (
            "budgets",
            {**BUDGET, "lines": [{"category": "data", "planned": 10.5}]},
            "lines.0.planned",
            "not_text",
            "1234.50",
        ),
        (
            "budgets",
            {**BUDGET, "lines": [{"category": "data", "planned": "ten"}]},
            "lines.0.planned",
            "not_an_amount",
            "ten",
        ),
        (
            "budgets",
            {**BUDGET, "lines": [{"category": "data", "planned": "-1"}]},
            "lines.0.planned",
            "negative",
            "zero",
        ),
        (
            "budgets",
            {**BUDGET, "lines": [{"category": "data", "planned": "1.005"}]},
            "lines.0.planned",
            "too_fine",
            "1.005",
        ),
        ("budgets", {**BUDGET, "lines": BUDGET["lines"] * 2}, "lines.1.category", "duplicate", "One line"),
        (
            "budgets",
            {**BUDGET, "lines": [{"category": "fun", "planned": "1"}]},
            "lines.0.category",
            "invalid_choice",
            "fun",
        ),
        ("budgets", {**BUDGET, "currency": "EUX"}, "currency", "no_currency", "three capital letters"),
        ("budgets", {**BUDGET, "name": "2026"}, None, "unique_together", "already exists"),
        ("budgets", {**BUDGET, "name": "x" * 81}, "name", "max_length", "80"),
    ],
)
def test_a_broken_value_is_422_and_names_its_field(address, body, field, code, words, budget, manager, api):
    answer = api(manager).post(f"/api/v1/{address}/", body)
    problem = problem_of(answer)
    assert (answer.status_code, problem["errors"][0]["field"], problem["errors"][0]["code"]) == (422, field, code)
    assert words in problem["detail"]


def test_every_broken_value_is_told_at_once(budget, manager, api):
    body = {"project": "TRI", "score": 9, "text": "", "source": "Li"}
    problem = problem_of(api(manager).post("/api/v1/feedback/", body))
    assert {fault["field"] for fault in problem["errors"]} == {"score", "text"}
    assert problem["code"] == "invalid"


@pytest.mark.parametrize("body", ['{"project": ', "{'a': 1}", '{"value": NaN}', "[" * 100_000, "\xff\xfe"])
def test_malformed_json_is_400(body, engineer, project, api):
    answer = api(engineer).generic("POST", "/api/v1/feedback/", body.encode("latin-1"), content_type="application/json")
    assert (answer.status_code, problem_of(answer)["code"]) == (400, "parse_error")


@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_any_other_content_type_is_415(content_type, engineer, project, api):
    answer = api(engineer).generic("POST", "/api/v1/feedback/", b"score=5", content_type=content_type)
    assert (answer.status_code, problem_of(answer)["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("charset", ["zlib", "bz2", "nonsense", "utf-16"])
def test_json_is_utf_8_whatever_the_client_calls_it(charset, engineer, project, api):
    bomb = zlib.compress(b" " * 1_000_000)
    answer = api(engineer).generic(
        "POST", "/api/v1/feedback/", bomb, content_type=f"application/json; charset={charset}"
    )
    assert (answer.status_code, problem_of(answer)["code"]) == (400, "parse_error")


@pytest.mark.parametrize(
    ("params", "field"), [(rb'{"\ud800": 1}', "params"), (rb'{"dataset": "\ud800"}', "params.dataset")]
)
def test_half_a_character_is_told_back_without_harm(params, field, budget, engineer, api):
    body = b'{"project": "TRI", "recipe": "image-classifier", "params": ' + params + b"}"
    answer = api(engineer).generic("POST", "/api/v1/jobs/", body, content_type="application/json")
    assert (answer.status_code, problem_of(answer)["errors"][0]["field"]) == (422, field)


def test_a_body_beyond_the_limit_is_413(engineer, project, api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = api(engineer).post("/api/v1/feedback/", {**FEEDBACK, "text": "x" * 200})
    assert (answer.status_code, problem_of(answer)["code"]) == (413, "too_large")


def test_a_format_that_is_not_offered_is_406(engineer, project, api):
    answer = api(engineer).get("/api/v1/projects/", HTTP_ACCEPT="text/html")
    assert (answer.status_code, problem_of(answer)["code"]) == (406, "not_acceptable")


def test_infinity_is_not_a_number(kpi, engineer, api):
    answer = api(engineer).generic(
        "POST", f"/api/v1/kpis/{kpi.pk}/measurements/", b'{"value": 1e999}', content_type="application/json"
    )
    assert (answer.status_code, problem_of(answer)["errors"][0]["code"]) == (422, "invalid")


def test_true_is_not_a_number(kpi, engineer, api):
    answer = api(engineer).post(f"/api/v1/kpis/{kpi.pk}/measurements/", {"value": True})
    assert (answer.status_code, problem_of(answer)["errors"][0]["field"]) == (422, "value")


def test_a_rule_of_a_verb_names_its_field(kpi, engineer, api):
    answer = api(engineer).post(
        f"/api/v1/kpis/{kpi.pk}/measurements/", {"value": 1, "measured_at": "2199-01-01T00:00:00Z"}
    )
    assert (answer.status_code, problem_of(answer)["errors"][0]["code"]) == (422, "in_future")


def test_over_budget_is_a_conflict_with_its_figures(project, rate_card, manager, engineer, api):
    from finance.services.budget import approve_budget
    from trainingjobs.models import TrainingJob

    approve_budget(
        project=project, name="Tiny", currency="EUR", lines={"compute": 1}, on=project.started_on, by=manager
    )
    answer = api(engineer).post("/api/v1/jobs/", {**JOB, "params": {"epochs": 200}})
    problem = problem_of(answer)
    assert (answer.status_code, problem["code"]) == (409, "over_budget")
    assert {name: problem[name] for name in ("currency", "planned", "reserved", "spent")} == {
        "currency": "EUR",
        "planned": "0.01",
        "reserved": "0.00",
        "spent": "0.00",
    }
    assert float(problem["short"]) > 0
    assert f"Over budget by EUR {problem['short']}" in problem["detail"]
    assert not TrainingJob.objects.exists()


def test_without_a_budget_nothing_is_queued(project, rate_card, engineer, api):
    answer = api(engineer).post("/api/v1/jobs/", JOB)
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "no_budget")


def test_without_prices_nothing_is_queued(project, engineer, api):
    answer = api(engineer).post("/api/v1/jobs/", JOB)
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "no_rate_card")


def test_a_full_disk_is_507(budget, engineer, api, settings):
    settings.MIN_FREE_DISK_MB = 10**9
    answer = api(engineer).post("/api/v1/jobs/", JOB)
    problem = problem_of(answer)
    assert (answer.status_code, problem["code"], problem["needed"]) == (507, "disk_full", 10**9)


def test_going_back_on_the_line_is_a_conflict(project, manager, api):
    answer = api(manager).post("/api/v1/projects/TRI/enter-station/", {"station": "demand"})
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "not_forward")


def test_signing_twice_is_a_conflict(contract, finance_user, api):
    client = api(finance_user)
    assert client.post(f"/api/v1/contracts/{contract.pk}/sign/").json()["status"] == "signed"
    answer = client.post(f"/api/v1/contracts/{contract.pk}/sign/")
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "already_signed")


@pytest.mark.parametrize(
    "address",
    [
        "jobs/00000000-0000-0000-0000-000000000000/",
        "jobs/7/",
        "kpis/0/",
        "kpis/99999999999999999999999/",
        "kpis/x/",
        "projects/NO/",
        "projects/%00/",
        "recipes/nothing/",
        "elsewhere/",
        "",
        "projects/?page=0",
        "projects/?page=99999999999999999999",
    ],
)
def test_what_is_not_there_is_404_as_a_problem(address, engineer, project, api):
    assert problem_of(api(engineer).get(f"/api/v1/{address}"))["status"] == 404


def test_an_unknown_recipe_lists_those_that_are_known(engineer, api):
    problem = problem_of(api(engineer).get("/api/v1/recipes/quantisation/"))
    assert problem["code"] == "unknown_recipe"
    assert "quantization" in problem["detail"]


@pytest.mark.parametrize("query", ["state=asleep", "number=x", "run=7", "parent=x"])
def test_a_filter_that_means_nothing_is_422(query, engineer, project, api):
    answer = api(engineer).get(f"/api/v1/jobs/?{query}")
    assert (answer.status_code, problem_of(answer)["errors"][0]["field"]) == (422, query.partition("=")[0])


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/v1/projects/", "/api/schema/", "/api/v1/nothing/"])
def test_outside_is_401_and_says_how_to_come_in(address, api):
    answer = api().get(address)
    assert (answer.status_code, problem_of(answer)["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Token"


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Token nonsense", "Token", "Token a b", "Basic !!!", "Basic bm9ib2R5Onh4"])
def test_wrong_credentials_are_401(header, api):
    answer = api().get("/api/v1/projects/", HTTP_AUTHORIZATION=header)
    assert (answer.status_code, problem_of(answer)["code"]) == (401, "authentication_failed")


def test_a_forgotten_last_slash_keeps_method_and_body(engineer, project, api):
    answer = api(engineer).post("/api/v1/feedback", FEEDBACK)
    assert (answer.status_code, answer["Location"]) == (308, "/api/v1/feedback/")
    assert api(engineer).post("/api/v1/nothing", FEEDBACK).status_code == 404


def test_a_fault_of_ours_leaks_nothing_and_is_logged(engineer, project, api, monkeypatch, caplog):
    def broken(**_):
        raise RuntimeError("password=hunter2 in /srv/secret.py")

    monkeypatch.setattr("projects.viewsets.record_feedback", broken)
    with caplog.at_level(logging.ERROR):
        answer = api(engineer).post("/api/v1/feedback/", FEEDBACK)
    assert (answer.status_code, problem_of(answer)["code"]) == (500, "internal_error")
    assert b"hunter2" not in answer.content
    assert "hunter2" in caplog.text


def test_two_writers_of_the_same_thing_meet_in_a_conflict(engineer, project, api, monkeypatch):
    from django.db import IntegrityError

    def late(**_):
        raise IntegrityError("UNIQUE constraint failed: projects_feedback.secret")

    monkeypatch.setattr("projects.viewsets.record_feedback", late)
    answer = api(engineer).post("/api/v1/feedback/", FEEDBACK)
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "conflict")
    assert b"secret" not in answer.content


def test_a_throttle_says_when_to_come_back():
    from rest_framework.exceptions import Throttled

    from portal.api.errors import problem

    answer = problem(Throttled(wait=7), {})
    assert (answer.status_code, answer["Retry-After"], answer.data["code"]) == (429, "7", "throttled")


def test_a_refusal_of_the_engine_keeps_its_code_and_its_mend():
    from engine.recipe import RecipeError
    from portal.api.errors import problem

    answer = problem(RecipeError("bad_data", "The file is cut short.", "Copy it again."), {})
    assert (answer.status_code, answer.data["code"], answer.data["detail"]) == (
        422,
        "bad_data",
        "The file is cut short. Copy it again.",
    )


def test_a_database_that_does_not_answer_is_503_and_says_when_to_come_back(engineer, project, api, monkeypatch):
    def busy(**_):
        raise OperationalError("canceling statement due to lock timeout: secret")

    monkeypatch.setattr("projects.viewsets.record_feedback", busy)
    answer = api(engineer).post("/api/v1/feedback/", FEEDBACK)
    assert (answer.status_code, answer["Retry-After"], problem_of(answer)["code"]) == (503, "5", "busy")
    assert b"secret" not in answer.content
