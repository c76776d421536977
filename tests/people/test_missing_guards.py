"""The web without one of its guards: a limit that is counted in a cache, a name that is looked up twice."""

import socket
import time
from ipaddress import ip_address

import pytest
from django.core.cache import cache

from people import backends, sign_in, webhook_delivery
from people.safe_address import Refused, Target, resolve
from tests.people.test_sign_in_limit import one_window  # noqa: F401 - its autouse fixture holds here as well
from tests.people.test_sign_in_limit import (
    test_of_forty_guesses_at_once_ten_reach_the_hasher as forty_guesses_at_once,
)

OURS, THEIRS = "127.0.0.1", "93.184.216.34"
ROUND_TRIP_S = 0.02


def counted_in_a_cache(username, address):
    """As throttles of frameworks count: read, compare, write."""
    key = f"{address}:{username}"
    taken = cache.get(key, 0)
    time.sleep(ROUND_TRIP_S)
    if taken >= 10:
        raise sign_in._refusal(sign_in.Slot(key, int(time.time()), 10))
    cache.set(key, taken + 1)
    return ()


def test_a_limit_that_is_counted_in_a_cache_is_found_out(in_threads, engineer, settings, monkeypatch):
    cache.clear()
    monkeypatch.setattr(backends, "take_slots", counted_in_a_cache)
    monkeypatch.setattr(backends, "give_back", lambda slots: None)
    with pytest.raises(AssertionError):
        forty_guesses_at_once(in_threads, engineer, settings, monkeypatch)
    cache.clear()


@pytest.fixture
def turncoat(monkeypatch):
    """A name that is somebody else's when it is judged, and ours from then on; tells where calls went."""
    answers, called = [THEIRS], []

    def look_up(host, port, *args, **options):
        address = host if is_address(host) else answers.pop() if answers else OURS
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(address, *args, **options):
        called.append(look_up(*address)[0][4][0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    return called


def is_address(host):
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def calls_whom_it_judged(called):
    target = resolve("https://hooks.example.com/")
    webhook_delivery._post(target, b"{}", {})
    assert called == [THEIRS]


def test_a_name_that_turns_its_coat_is_called_where_it_was_judged(turncoat):
    calls_whom_it_judged(turncoat)
    with pytest.raises(Refused):
        resolve("https://hooks.example.com/")


def test_a_second_look_at_the_name_is_found_out(turncoat, monkeypatch):
    def first_that_answers(target: Target, ends_at):
        return socket.create_connection((target.host, target.port), timeout=1)

    monkeypatch.setattr(webhook_delivery, "_first_that_answers", first_that_answers)
    with pytest.raises(AssertionError):
        calls_whom_it_judged(turncoat)
