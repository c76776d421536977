"""No address that somebody types leads into our own network, whatever name it goes by."""

import socket

import pytest
from django.core.exceptions import ValidationError

from people.safe_address import Refused, demand_public, is_public, resolve


@pytest.fixture
def answers(monkeypatch):
    """What the name service says."""

    def say(*addresses):
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)

    return say


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "nonsense",
    ],
)
def test_a_private_address_is_refused(address, answers):
    assert not is_public(address)
    answers(address)
    with pytest.raises(Refused):
        resolve("https://hooks.example.com/")


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_is_not(address):
    assert is_public(address)


def test_one_private_answer_among_public_ones_is_enough(answers):
    answers("93.184.216.34", "127.0.0.1")
    with pytest.raises(Refused, match="private network"):
        resolve("https://hooks.example.com/")


def test_the_addresses_that_were_judged_are_those_that_are_called(answers):
    answers("93.184.216.34", "8.8.8.8")
    target = resolve("https://hooks.example.com/a?b=1")
    assert (target.host, target.addresses, target.port, target.path) == (
        "hooks.example.com",
        ("93.184.216.34", "8.8.8.8"),
        443,
        "/a?b=1",
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https://user:word@example.com/",
        "https://localhost/",
        "https://a.localhost/",
        "https://printer.local/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://example.com:99999/",
        "https://[",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "javascript:alert(1)",
        "",
    ],
)
def test_an_address_that_could_never_be_told_is_refused_when_it_is_typed(url):
    with pytest.raises(ValidationError):
        demand_public(url)


def test_private_addresses_are_open_to_installations_that_say_so(answers, settings):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    answers("10.0.0.1")
    demand_public("http://10.0.0.1:8080/")
    assert resolve("http://intranet:8080/").addresses == ("10.0.0.1",)
