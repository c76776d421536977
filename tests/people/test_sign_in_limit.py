"""Guessing passwords is limited exactly, through every door; whoever knows the password is not counted."""

import base64

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from people.models import AuditEntry, SignInAttempt
from people.sign_in import address_of

RIGHT = "a-long-test-password"


@pytest.fixture(autouse=True)
def one_window(settings, monkeypatch):
    """The clock of the limiter stands in the middle of a window, so that no test straddles two."""
    settings.RATE_SIGN_IN, settings.RATE_SIGN_IN_ADDRESS, settings.RATE_SIGN_IN_WINDOW_S = 3, 6, 900
    clock = {"now": 900_000_300.0}
    monkeypatch.setattr("people.sign_in.time.time", lambda: clock["now"])
    return clock


def page(name, password, **extra):
    return Client().post("/sign-in/", {"username": name, "password": password}, **extra)


def basic(name, password):
    word = base64.b64encode(f"{name}:{password}".encode()).decode()
    return APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Basic {word}")


def token(name, password):
    return APIClient().post("/api/v1/tokens/", {"username": name, "password": password}, format="json")


def admin(name, password):
    return Client().post("/admin/login/", {"username": name, "password": password})


def test_of_forty_guesses_at_once_ten_reach_the_hasher(in_threads, engineer, settings, monkeypatch):
    settings.RATE_SIGN_IN = 10
    settings.RATE_SIGN_IN_ADDRESS = 100
    hashed = []
    verify = MD5PasswordHasher.verify
    monkeypatch.setattr(
        MD5PasswordHasher, "verify", lambda self, *words: hashed.append(1) or verify(self, *words), raising=True
    )
    request = RequestFactory().post("/")
    outcomes = in_threads(40, lambda number: authenticate(request, username=engineer.username, password=f"no {number}"))
    locked = [outcome for outcome in outcomes if isinstance(outcome, ValidationError)]
    assert (len(hashed), outcomes.count(None), len(locked)) == (10, 10, 30)
    assert {fault.code for fault in locked} == {"too_many_sign_ins"}


def test_of_forty_names_at_once_the_address_gets_its_limit(in_threads, engineer, settings):
    settings.RATE_SIGN_IN_ADDRESS = 7
    request = RequestFactory().post("/")
    outcomes = in_threads(20, lambda number: authenticate(request, username=f"name {number}", password="x"))
    assert (outcomes.count(None), len(outcomes)) == (7, 20)


@pytest.mark.parametrize("door", [page, basic, token, admin])
def test_every_door_shares_one_count(door, engineer):
    for other in (page, basic, token):
        other(engineer.username, "wrong")
    answer = door(engineer.username, RIGHT)
    assert b"Too many wrong sign-ins" in answer.content
    assert answer.status_code == (200 if door is admin else 429)
    if door is not admin:
        assert answer["Retry-After"] == "600"


def test_the_api_answers_in_its_error_shape(engineer):
    for _ in range(3):
        assert token(engineer.username, "wrong").status_code == 401
    answer = token(engineer.username, "wrong")
    assert (answer.json()["code"], answer.json()["status"]) == ("too_many_sign_ins", 429)
    assert "Wait 10 minutes" in answer.json()["detail"]


def test_right_passwords_never_count(engineer):
    for _ in range(12):
        assert page(engineer.username, RIGHT).status_code == 302
        assert basic(engineer.username, RIGHT).status_code == 200
    assert set(SignInAttempt.objects.values_list("taken", flat=True)) == {0}


def test_a_right_password_does_not_wash_wrong_ones_away(engineer):
    page(engineer.username, "wrong")
    page(engineer.username, "wrong")
    assert page(engineer.username, RIGHT).status_code == 302
    page(engineer.username, "wrong")
    assert page(engineer.username, RIGHT).status_code == 429


def test_the_lock_opens_with_the_next_window_and_old_counts_are_swept(engineer, one_window):
    for _ in range(4):
        page(engineer.username, "wrong")
    one_window["now"] += 600
    assert page(engineer.username, RIGHT).status_code == 302
    assert not SignInAttempt.objects.filter(taken__gt=0).exists()


def test_one_name_is_locked_from_one_address_and_nobody_else(engineer, manager):
    for _ in range(4):
        page(engineer.username, "wrong")
    assert page(engineer.username, RIGHT, REMOTE_ADDR="192.0.2.7").status_code == 302
    assert page(manager.username, RIGHT).status_code == 302


def test_names_that_nobody_has_count_like_others(db):
    assert [page("nobody", "x").status_code for _ in range(4)] == [422, 422, 422, 429]


def test_a_refused_guess_takes_no_slot_of_the_address(engineer, manager):
    for _ in range(20):
        page(engineer.username, "wrong")
    assert page(manager.username, RIGHT).status_code == 302


def test_the_trail_tells_each_lock_once_and_no_name(engineer):
    for _ in range(9):
        page(engineer.username, "wrong")
    entry = AuditEntry.objects.get(verb="lock_sign_in")
    assert entry.detail == {"address": "127.0.0.1", "limit": 3}
    assert engineer.username not in "".join(SignInAttempt.objects.values_list("key", flat=True))


def test_a_name_with_a_null_character_is_nobody(engineer):
    assert basic("le\0na", "x").status_code == 401


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "nonsense", ""),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_only_counted_proxies_are_believed_about_addresses(settings, proxies, forwarded, address):
    settings.PROXIES = proxies
    assert address_of(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded)) == address


def test_passwords_stand_in_no_log(engineer, caplog):
    caplog.set_level("DEBUG")
    for door in (page, basic, token, admin):
        door(engineer.username, "a-secret-guess")
    assert "a-secret-guess" not in caplog.text
