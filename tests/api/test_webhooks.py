"""Webhooks by REST: the secret is shown once and kept nowhere, not even under a key."""

from django.utils import timezone

from people.models import IdempotentRequest, WebhookEndpoint
from people.webhooks import secrets_of

HOOK = {"url": "https://1.1.1.1/hook", "event_types": ["job.ended"]}


def made(client):
    answer = client.post("/api/v1/webhooks/", HOOK, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201, answer.json()
    return answer


def test_a_webhook_is_registered_and_its_secret_is_shown_once(finance_user, api):
    client = api(finance_user)
    answer = made(client)
    endpoint = WebhookEndpoint.objects.get()
    assert answer.json()["secret"] == secrets_of(endpoint, timezone.now())[0]
    assert answer["Cache-Control"] == "no-store"
    assert not IdempotentRequest.objects.exists()
    read = client.get(answer["Location"])
    assert read.json()["url"] == HOOK["url"]
    assert "secret" not in read.content.decode()


def test_rotating_gives_a_new_secret_and_keeps_the_old_for_a_day(finance_user, api):
    client = api(finance_user)
    first = made(client).json()
    answer = client.post(f"/api/v1/webhooks/{first['id']}/rotate/")
    assert secrets_of(WebhookEndpoint.objects.get(), timezone.now()) == [answer.json()["secret"], first["secret"]]
    assert answer["Cache-Control"] == "no-store"


def test_a_paused_webhook_is_told_nothing_until_it_is_resumed(manager, api):
    client = api(manager)
    address = f"/api/v1/webhooks/{made(client).json()['id']}"
    assert client.post(f"{address}/pause/").json()["is_active"] is False
    refused = client.post(f"{address}/ping/")
    assert (refused.status_code, refused.json()["code"]) == (409, "paused")
    assert client.post(f"{address}/resume/").json()["is_active"] is True
    delivery = client.post(f"{address}/ping/").json()
    again = client.post(f"/api/v1/webhook-deliveries/{delivery['id']}/replay/")
    assert (again.status_code, again.json()["code"]) == (409, "not_ended")
    assert client.get(f"/api/v1/webhook-deliveries/?endpoint={address.split('/')[-1]}").json()["count"] == 1


def test_an_address_in_our_own_network_is_refused(manager, api):
    for url in ("http://1.1.1.1/", "https://127.0.0.1/", "nowhere"):
        answer = api(manager).post("/api/v1/webhooks/", {"url": url})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "url"), url
    answer = api(manager).post("/api/v1/webhooks/", {**HOOK, "event_types": ["webhook.ping"]})
    assert answer.json()["errors"][0]["field"] == "event_types.0"
    assert not WebhookEndpoint.objects.exists()
