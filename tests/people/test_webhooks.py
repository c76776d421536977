"""Events leave signed, reach who listens, and are tried again as the receiver asks."""

import json
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from people import outbox, webhook_delivery
from people.models import AuditEntry, OutboxMessage, WebhookDelivery, WebhookEndpoint
from people.safe_address import Target
from people.webhooks import (
    add_webhook,
    announce,
    pause_webhook,
    ping_webhook,
    replay_delivery,
    resume_webhook,
    rotate_webhook,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def receiver(settings):
    """A server on this machine that keeps what it is sent and answers as told."""
    settings.WEBHOOK_ALLOW_PRIVATE = True
    told = SimpleNamespace(code=204, headers={}, got=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            told.got.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(told.code)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if told.code != 204:
                self.wfile.write(b"what the receiver said")

        do_GET = do_POST

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}/hooks?team=a"
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def webhook(receiver, manager):
    endpoint, secret = add_webhook(url=receiver.url, event_types=["job.ended"], at=NOON, by=manager)
    return SimpleNamespace(endpoint=endpoint, secret=secret)


def tell(project, event_type="job.ended"):
    return announce(event_type=event_type, subject=project, data={"at": NOON, "job": "TRI-1"}, at=NOON)


def deliver_now():
    OutboxMessage.objects.filter(delivered_at=None).update(not_before=Now())
    return outbox.deliver()


def test_an_event_arrives_signed_and_thin(webhook, receiver, project):
    assert tell(project) == 1
    deliver_now()
    ((path, headers, body),) = receiver.got
    event = Webhook(webhook.secret).verify(body, headers)
    assert path == "/hooks?team=a"
    assert headers["webhook-id"] == event["id"]
    assert event == {
        "specversion": "1.0",
        "id": event["id"],
        "source": "http://127.0.0.1:8000",
        "type": "job.ended",
        "subject": f"projects.project/{project.pk}",
        "time": "2026-03-01T12:00:00+00:00",
        "data": {"at": "2026-03-01T12:00:00Z", "job": "TRI-1"},
    }
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.response_code, delivery.tries) == ("delivered", 204, 1)


def test_the_secret_is_not_readable_in_the_database(webhook):
    kept = WebhookEndpoint.objects.get().secret
    assert webhook.secret not in kept
    assert "whsec" not in kept


def test_a_changed_body_does_not_pass_the_check(webhook, receiver, project):
    tell(project)
    deliver_now()
    ((_path, headers, body),) = receiver.got
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook.secret).verify(body.replace(b"TRI-1", b"TRI-2"), headers)


def test_only_who_listens_is_told(webhook, receiver, project, manager):
    everything, _secret = add_webhook(url=receiver.url, event_types=[], at=NOON, by=manager)
    assert tell(project, "gate.decided") == 1
    assert everything.deliveries.count() == 1
    assert webhook.endpoint.deliveries.count() == 0


def test_nothing_is_told_when_the_verb_fails(webhook, project):
    @transaction.atomic
    def failing_verb():
        tell(project)
        raise ValueError("the verb failed")

    with pytest.raises(ValueError, match="the verb failed"):
        failing_verb()
    assert not WebhookDelivery.objects.exists()
    assert not OutboxMessage.objects.filter(topic="webhook").exists()


def test_an_event_that_nobody_knows_is_a_slip_of_the_programmer(project, db):
    with pytest.raises(ValueError, match="not a valid EventType"):
        tell(project, "gate.decide")


def test_a_large_event_is_told_without_its_data(webhook, project):
    announce(event_type="job.ended", subject=project, data={"text": "x" * 30_000}, at=NOON)
    assert WebhookDelivery.objects.get().payload["data"] == {}


def test_a_failure_is_tried_again_with_growing_pauses_and_then_given_up(webhook, receiver, project):
    receiver.code = 500
    tell(project)
    pauses = []
    for _ in range(10):
        deliver_now()
        delivery = WebhookDelivery.objects.get()
        if delivery.next_try_at:
            pauses.append((delivery.next_try_at - delivery.last_try_at).total_seconds())
    assert (delivery.status, delivery.tries, len(receiver.got)) == ("given_up", 10, 10)
    planned_s = webhook_delivery.PAUSES_S
    assert list(planned_s) == sorted(planned_s)
    assert all(0.9 * planned <= pause <= 1.1 * planned + 1 for pause, planned in zip(pauses, planned_s, strict=True))
    assert 74 * 3600 < sum(planned_s) < 77 * 3600
    assert (delivery.response_code, delivery.last_error) == (500, "what the receiver said")
    assert deliver_now() == 0


def test_all_tries_of_an_event_carry_one_id(webhook, receiver, project):
    receiver.code = 503
    tell(project)
    deliver_now()
    receiver.code = 200
    deliver_now()
    assert len({headers["webhook-id"] for _path, headers, _body in receiver.got}) == 1
    assert WebhookDelivery.objects.get().status == "delivered"


@pytest.mark.parametrize(
    ("asked", "waits_s"),
    [
        ("3600", 3600),
        (lambda now: format_datetime(now + timedelta(hours=2), usegmt=True), 7200),
        ("999999999999", 86_400),
        ("soon", 5),
        ("-5", 5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 5),
        ("Wed, 21 Oct 2015 07:28:00", 5),
    ],
)
def test_retry_after_is_honoured_within_reason(asked, waits_s, webhook, receiver, project):
    receiver.code = 429
    receiver.headers = {"Retry-After": asked(timezone.now()) if callable(asked) else asked}
    tell(project)
    deliver_now()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.next_try_at - delivery.last_try_at).total_seconds() == pytest.approx(waits_s, rel=0.11)


def test_gone_ends_the_endpoint_and_says_why(webhook, receiver, project):
    receiver.code = 410
    tell(project)
    deliver_now()
    webhook.endpoint.refresh_from_db()
    assert not webhook.endpoint.is_active
    assert "410" in webhook.endpoint.disabled_reason
    assert WebhookDelivery.objects.get().status == "given_up"
    assert AuditEntry.objects.filter(verb="pause_webhook", actor=None).count() == 1
    assert tell(project) == 0


def test_a_redirect_is_not_followed(webhook, receiver, project):
    receiver.code, receiver.headers = 302, {"Location": receiver.url + "&next=1"}
    tell(project)
    deliver_now()
    assert len(receiver.got) == 1
    assert WebhookDelivery.objects.get().response_code == 302


def test_who_does_not_answer_keeps_others_waiting_once_only(webhook, receiver, project, manager):
    WebhookEndpoint.objects.filter(pk=webhook.endpoint.pk).update(url="http://127.0.0.1:9/")
    for _ in range(3):
        tell(project)
    deliver_now()
    tries = sorted(WebhookDelivery.objects.values_list("tries", flat=True))
    assert tries == [0, 0, 1]
    assert WebhookDelivery.objects.exclude(last_error="").get().response_code is None


def test_a_message_that_comes_twice_sends_once(webhook, receiver, project):
    tell(project)
    message = OutboxMessage.objects.get(topic="webhook")
    webhook_delivery.deliver(message.payload)
    webhook_delivery.deliver(message.payload)
    assert len(receiver.got) == 1


def test_a_paused_webhook_hears_nothing_and_then_what_was_on_its_way(webhook, receiver, project, manager):
    tell(project)
    pause_webhook(endpoint=webhook.endpoint, by=manager)
    deliver_now()
    assert tell(project) == 0
    assert receiver.got == []
    resume_webhook(endpoint=webhook.endpoint, at=timezone.now(), by=manager)
    deliver_now()
    assert len(receiver.got) == 1


def test_an_event_is_sent_again_by_hand_with_the_same_id(webhook, receiver, project, manager):
    tell(project)
    delivery = WebhookDelivery.objects.get()
    with pytest.raises(ValidationError, match="on its way"):
        replay_delivery(delivery=delivery, at=timezone.now(), by=manager)
    deliver_now()
    replay_delivery(delivery=delivery, at=timezone.now(), by=manager)
    deliver_now()
    assert len({headers["webhook-id"] for _path, headers, _body in receiver.got}) == 1
    assert len(receiver.got) == 2


def test_a_test_event_reaches_one_address_only(webhook, receiver, manager):
    add_webhook(url=receiver.url, event_types=[], at=NOON, by=manager)
    ping_webhook(endpoint=webhook.endpoint, at=timezone.now(), by=manager)
    deliver_now()
    ((_path, _headers, body),) = receiver.got
    assert json.loads(body)["type"] == "webhook.ping"


def test_after_a_rotation_both_secrets_check_for_a_day(webhook, receiver, project, manager):
    now = timezone.now()
    newer = rotate_webhook(endpoint=webhook.endpoint, at=now, by=manager)
    tell(project)
    deliver_now()
    ((_path, headers, body),) = receiver.got
    for secret in (newer, webhook.secret):
        assert Webhook(secret).verify(body, headers)
    rotate_webhook(endpoint=webhook.endpoint, at=now - timedelta(hours=25), by=manager)
    tell(project)
    deliver_now()
    _path, headers, body = receiver.got[1]
    assert len(headers["webhook-signature"].split()) == 1
    with pytest.raises(WebhookVerificationError):
        Webhook(newer).verify(body, headers)


def test_without_the_key_it_was_sealed_with_nothing_is_sent(webhook, receiver, project, settings):
    tell(project)
    settings.SECRET_KEY = "y" * 60
    deliver_now()
    assert receiver.got == []
    assert "SECRET_KEY" in WebhookDelivery.objects.get().last_error


def test_a_new_secret_key_opens_what_an_old_one_sealed(webhook, receiver, project, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "y" * 60
    tell(project)
    deliver_now()
    assert len(receiver.got) == 1


@pytest.fixture
def dripping(monkeypatch):
    """A receiver that says something at once and then one byte after the other, for ever."""
    listener, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()
    monkeypatch.setattr(webhook_delivery, "WHOLE_S", 0.3)

    def begin(scheme, first):
        def drip():
            connection, _peer = listener.accept()
            with connection, suppress(OSError):
                connection.recv(65_536)
                connection.sendall(first)
                while not stop.wait(0.05):
                    connection.sendall(b"H")

        threading.Thread(target=drip, daemon=True).start()
        WebhookEndpoint.objects.update(url=f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/")

    yield begin
    stop.set()
    listener.close()


@pytest.mark.parametrize(
    ("scheme", "first", "code"),
    [
        ("http", b"", None),
        ("http", b"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n", 500),
        ("https", b"\x16\x03\x03\x40\x00", None),  # the head of a long TLS record
    ],
    ids=["the head of an answer", "the text of an answer", "a handshake"],
)
def test_what_comes_byte_by_byte_holds_a_worker_for_a_moment_only(scheme, first, code, webhook, project, dripping):
    dripping(scheme, first)
    tell(project)
    begin = time.monotonic()
    deliver_now()
    assert time.monotonic() - begin < 3
    assert WebhookDelivery.objects.get().response_code == code


def test_a_name_with_many_silent_addresses_is_tried_at_a_few(monkeypatch):
    tried = []

    def refuse(address, timeout):
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    many = Target("https", "example.com", tuple(f"192.0.2.{number}" for number in range(200)), 443, "/")
    with pytest.raises(ConnectionRefusedError):
        webhook_delivery._first_that_answers(many, time.monotonic() + 60)
    assert tried == list(many.addresses[:4])
    with pytest.raises(TimeoutError):
        webhook_delivery._first_that_answers(many, time.monotonic())
    assert len(tried) == 4
