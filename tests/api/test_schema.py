"""The OpenAPI description is complete, free of warnings, and true."""

import jsonschema
import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from engine.recipes import RECIPES


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def resolved(schema, node):
    """The node with every reference put in place, for a plain JSON schema validator."""
    if isinstance(node, dict):
        if "$ref" in node:
            return resolved(schema, schema["components"]["schemas"][node["$ref"].rpartition("/")[2]])
        return {key: resolved(schema, value) for key, value in node.items() if key != "discriminator"}
    return [resolved(schema, value) for value in node] if isinstance(node, list) else node


def test_the_schema_is_valid_and_free_of_warnings(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_it_is_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1")


def test_every_operation_says_what_can_go_wrong(schema):
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert "401" in operation["responses"], (method, path)
            for code, response in operation["responses"].items():
                if code >= "400":
                    assert response["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


def test_operations_have_names_of_their_own(schema):
    names = [operation["operationId"] for operations in schema["paths"].values() for operation in operations.values()]
    assert len(names) == len(set(names))
    assert {"jobs_create", "jobs_cancel", "contracts_sign", "kpis_record_measurement"} <= set(names)


def test_submitting_is_one_of_as_many_bodies_as_there_are_recipes(schema):
    body = schema["paths"]["/api/v1/jobs/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    submission = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    assert set(submission["discriminator"]["mapping"]) == set(RECIPES)
    assert len(submission["oneOf"]) == len(RECIPES)


@pytest.mark.parametrize("slug", RECIPES)
def test_the_settings_of_each_recipe_are_those_that_judge_it(slug, schema):
    name = f"{type(RECIPES[slug]).__name__}Params"
    assert schema["components"]["schemas"][name] == RECIPES[slug].Params.model_json_schema()


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ({"project": "TRI", "recipe": "image-classifier", "params": {"epochs": 3}}, True),
        ({"project": "TRI", "recipe": "image-classifier", "params": {"epochs": 900}}, False),
        ({"project": "TRI", "recipe": "image-classifier", "params": {"speed": 1}}, False),
        ({"project": "TRI", "recipe": "quantization"}, False),
        ({"project": "TRI", "recipe": "no-such"}, False),
    ],
)
def test_the_described_body_accepts_what_the_api_accepts(body, valid, schema):
    described = resolved(schema, schema["components"]["schemas"]["JobSubmissionRequest"])
    assert jsonschema.Draft202012Validator(described).is_valid(body) is valid


def test_answers_are_as_described(schema, world, manager, api):
    client = api(manager)
    for path in (
        "projects",
        "feedback",
        "budgets",
        "reservations",
        "rate-cards",
        "kpis",
        "contracts",
        "recipes",
        "jobs",
        "queue",
        "forecast-accuracy",
        "approvals",
        "workers",
        "runs",
        "models",
        "datasets",
        "audit",
        "notices",
        "me",
    ):
        answer = schema["paths"][f"/api/v1/{path}/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(client.get(f"/api/v1/{path}/").json(), resolved(schema, answer))
    body = client.get(f"/api/v1/jobs/{world.job.pk}/metrics/").json()
    answer = schema["paths"]["/api/v1/jobs/{id}/metrics/"]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    jsonschema.validate(body, resolved(schema, answer))


def test_the_schema_is_served_to_people_who_are_signed_in(engineer, api):
    answer = api(engineer).get("/api/schema/?format=json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Throughline"
    assert api(engineer).get("/api/schema/").status_code == 200


def test_the_docs_are_a_page_without_inline_script(engineer, sign_in):
    page = sign_in(engineer).get("/api/docs/")
    assert page.status_code == 200
    assert b"<script>" not in page.content
    assert b"<style" not in page.content
    assert b"http" not in page.content.replace(b"http-equiv", b"")
    assert "csrftoken" in page.cookies


@pytest.mark.django_db
def test_the_docs_ask_a_stranger_to_sign_in(client):
    answer = client.get("/api/docs/")
    assert answer.status_code == 302
    assert "sign-in" in answer["Location"]


WITHOUT_KEY = {
    "jobs/", "jobs/{id}/retry/", "step-timings/",  # a submission has a token of its own, timings are shared
    "tokens/", "webhooks/",  # the answer holds a secret, which is not kept
    "saved-views/", "webhooks/{id}/ping/",
}  # fmt: skip


def test_whatever_makes_a_row_may_be_sent_twice_under_a_key(schema):
    makes = {
        path: each["post"]
        for path, each in schema["paths"].items()
        if "201" in each.get("post", {"responses": {}})["responses"]
    }
    taken = {
        path for path, post in makes.items() if any(x["name"] == "Idempotency-Key" for x in post.get("parameters", ()))
    }
    assert makes.keys() - taken == {f"/api/v1/{path}" for path in WITHOUT_KEY}
