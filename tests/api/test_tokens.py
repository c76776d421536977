"""The life of a token: made from a log-in, used, ended; the database never holds it."""

from base64 import b64encode
from datetime import timedelta

import pytest
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from people.models import AuditEntry

PASSWORD = "a-long-test-password"


def log_in(**body):
    return APIClient().post("/api/v1/tokens/", body, format="json")


def bearing(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def test_a_token_is_made_used_and_ended(engineer):
    answer = log_in(username=engineer.username, password=PASSWORD)
    assert answer.status_code == 201
    assert answer.json()["expires_at"].endswith("Z")
    client = bearing(answer.json()["token"])
    assert client.get("/api/v1/me/").json()["username"] == engineer.username
    assert client.delete("/api/v1/tokens/current/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401
    assert not AuthToken.objects.exists()


def test_http_basic_logs_in_as_well(engineer):
    basic = b64encode(f"{engineer.username}:{PASSWORD}".encode()).decode()
    answer = APIClient().post("/api/v1/tokens/", HTTP_AUTHORIZATION=f"Basic {basic}")
    assert bearing(answer.json()["token"]).get("/api/v1/me/").status_code == 200


def test_the_database_holds_a_hash_only(engineer):
    token = log_in(username=engineer.username, password=PASSWORD).json()["token"]
    row = AuthToken.objects.get()
    assert row.digest != token
    assert token not in row.digest
    assert len(row.token_key) < len(token) / 2


def test_making_and_ending_a_token_is_on_the_trail_without_the_token(engineer):
    token = log_in(username=engineer.username, password=PASSWORD).json()["token"]
    bearing(token).delete("/api/v1/tokens/current/")
    entries = AuditEntry.objects.filter(verb__in=["issue_token", "revoke_token"])
    assert {entry.verb for entry in entries} == {"issue_token", "revoke_token"}
    assert all(token not in str(entry.detail) and entry.actor == engineer for entry in entries)


def test_ending_one_token_leaves_the_others(engineer):
    first, second = (log_in(username=engineer.username, password=PASSWORD).json()["token"] for _ in range(2))
    bearing(first).delete("/api/v1/tokens/current/")
    assert bearing(second).get("/api/v1/me/").status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 401),
        ({"username": "lena.hoffmann", "password": "wrong"}, 401),
        ({"username": "nobody", "password": PASSWORD}, 401),
        ({"username": "lena.hoffmann"}, 422),
        ({"password": PASSWORD}, 422),
        ({"username": "a", "password": "b", "role": "c"}, 422),
        ({"username": ["a"], "password": "b"}, 422),
    ],
)
def test_a_log_in_that_fails_says_no_more_than_that(body, status, engineer):
    answer = log_in(**body)
    assert answer.status_code == status
    assert not AuthToken.objects.exists()
    if status == 401:
        assert answer.json()["code"] == "authentication_failed"
        assert answer.json()["detail"] == "The user name and password do not match an account in use."


def test_an_account_that_is_closed_gets_no_token_and_loses_its_own(engineer):
    token = log_in(username=engineer.username, password=PASSWORD).json()["token"]
    engineer.is_active = False
    engineer.save()
    assert log_in(username=engineer.username, password=PASSWORD).status_code == 401
    assert bearing(token).get("/api/v1/me/").status_code == 401


def test_a_token_ends_by_itself(engineer):
    token = log_in(username=engineer.username, password=PASSWORD).json()["token"]
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert bearing(token).get("/api/v1/me/").status_code == 401


def test_a_session_cannot_end_a_token_it_does_not_have(engineer, sign_in):
    assert sign_in(engineer).delete("/api/v1/tokens/current/").status_code == 401


def test_me_tells_role_and_projects(engineer, project, sign_in):
    body = sign_in(engineer).get("/api/v1/me/").json()
    assert (body["name"], body["role"], body["department"], body["projects"]) == (
        "Lena Hoffmann",
        "engineer",
        "ops",
        ["TRI"],
    )
    assert "password" not in body
