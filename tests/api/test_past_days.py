"""Whoever asks for a past day gets that day, or is told that the address does not know it: never silently today."""

import pytest
from django.urls import URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from people.viewsets import OfNow, addresses_of_past_days

SINGLE = ("me/", "tokens")  # about the request itself


def faces(patterns, prefix=""):
    """Address, face and action of everything below the API that can be read."""
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from faces(each.url_patterns, path)
        elif path.startswith("api/v1/"):
            view = each.callback
            action = view.actions.get("get") if hasattr(view, "actions") else "get"
            if action:
                yield path.removeprefix("api/v1/"), view.cls, action


def readable():
    found = faces(get_resolver().url_patterns)
    return [each for each in found if not each[0].startswith(SINGLE)]


def test_every_face_that_can_be_read_says_what_it_knows_of_past_days():
    assert [address for address, face, _action in readable() if not issubclass(face, OfNow)] == []


def test_what_is_said_to_know_past_days_is_what_the_schema_offers():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    offered = {
        path.removeprefix("/api/v1/")
        for path, methods in paths.items()
        if any(parameter["name"] == "as_of" for parameter in methods.get("get", {}).get("parameters", ()))
    }
    assert addresses_of_past_days() == offered


def test_a_list_that_knows_no_past_days_refuses_one_whatever_day_it_is(sign_in, manager):
    client = sign_in(manager)
    lists = [address for address, face, action in readable() if "<" not in address and action not in face.past]
    assert {"kpis/", "measurements/", "gate-reviews/", "business-cases/", "jobs/", "what-if/", "queue/"} <= set(lists)
    for address in lists:
        for day in ("2026-03-02", "xx", ""):
            answer = client.get(f"/api/v1/{address}", {"as_of": day})
            assert answer.status_code == 422, address
            (fault,) = answer.json()["errors"]
            assert (fault["field"], fault["code"]) == ("as_of", "as_of_unknown"), address
            assert "Past days are known to: " in fault["message"]
            assert "portfolio/" in fault["message"]


@pytest.mark.parametrize("prefix", ["projects/TRI", "gates/1", "budgets/1"])
def test_one_row_is_refused_before_it_is_looked_up(prefix, sign_in, manager):
    answer = sign_in(manager).get(f"/api/v1/{prefix}/?as_of=2026-03-02")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "as_of_unknown")


def test_a_verb_happens_today(sign_in, manager, project):
    answer = sign_in(manager).post(f"/api/v1/projects/{project.key}/hold/?as_of=2026-03-02", {})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "as_of_unknown")
    project.refresh_from_db()
    assert project.status == "active"


def test_who_is_nobody_is_told_nothing(client, db):
    assert client.get("/api/v1/kpis/?as_of=2026-03-02").status_code == 401
