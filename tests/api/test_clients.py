"""Systems come with a token of their own, and it opens what its scopes name."""

import base64
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application

from people.clients import add_client, revoke_client, rotate_client
from people.models import AuditEntry, ServiceClient, User
from people.scopes import FAMILIES
from people.viewsets import VisibleViewSet

NOW = timezone.now()


@pytest.fixture
def erp(finance_user):
    client, secret = add_client(
        name="Ledger", role="finance", scopes=["finance.budgets:read", "portfolio:read"], at=NOW, by=finance_user
    )
    client.secret = secret
    return client


def ask_token(client, http, secret=None, **form):
    basic = base64.b64encode(f"{client.application.client_id}:{secret or client.secret}".encode()).decode()
    return http.post(
        "/api/oauth/token/", {"grant_type": "client_credentials", **form}, headers={"Authorization": f"Basic {basic}"}
    )


@pytest.fixture
def bearer(client):
    """A token of a service client as a header."""

    def header_of(service_client, **form):
        answer = ask_token(service_client, client, **form)
        assert answer.status_code == 200, answer.content
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    return header_of


def test_a_client_gets_a_short_token_with_its_scopes(erp, client):
    answer = ask_token(erp, client).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 900)
    assert set(answer["scope"].split()) == {"finance.budgets:read", "portfolio:read"}
    assert "refresh_token" not in answer


def test_the_secret_and_the_token_are_kept_as_hashes(erp, client):
    token = ask_token(erp, client).json()["access_token"]
    assert erp.secret not in Application.objects.get().client_secret
    assert AccessToken.objects.get().token != token


def test_it_may_ask_for_less_and_not_for_more(erp, client):
    assert ask_token(erp, client, scope="portfolio:read").json()["scope"] == "portfolio:read"
    answer = ask_token(erp, client, scope="finance.journal:write")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "implicit", ""])
def test_no_other_grant_is_known(grant, erp, client):
    answer = ask_token(erp, client, grant_type=grant, username="ruben.castillo", password="a-long-test-password")
    assert answer.status_code == 400
    assert "access_token" not in answer.json()


def test_nothing_is_known_of_device_codes(erp, client):
    answer = ask_token(erp, client, grant_type="urn:ietf:params:oauth:grant-type:device_code")
    assert answer.status_code == 400


def test_a_wrong_secret_gets_nothing(erp, client):
    answer = ask_token(erp, client, secret="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_the_token_opens_what_its_scope_names(erp, client, bearer, budget):
    header = bearer(erp)
    assert client.get("/api/v1/budgets/", headers=header).json()["count"] == 1
    assert client.get("/api/v1/projects/TRI/", headers=header).status_code == 200


@pytest.mark.parametrize(
    ("method", "address", "scope"),
    [
        ("post", "/api/v1/budgets/", "finance.budgets:write"),
        ("get", "/api/v1/rate-cards/", "finance.rates:read"),
        ("get", "/api/v1/jobs/", "jobs:read"),
        ("get", "/api/v1/audit/", "audit:read"),
    ],
)
def test_a_missing_scope_is_named(method, address, scope, erp, client, bearer, budget):
    answer = getattr(client, method)(address, {}, headers=bearer(erp), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert scope in answer.json()["detail"]


def test_a_scope_does_not_widen_the_role(finance_user, client, bearer, project):
    viewer, secret = add_client(name="Wall", role="viewer", scopes=["portfolio:read"], at=NOW, by=finance_user)
    viewer.secret = secret
    assert client.get("/api/v1/projects/", headers=bearer(viewer)).json()["count"] == 0


def test_what_a_client_does_bears_its_name(finance_user, client, bearer, project):
    planning, secret = add_client(
        name="Planning",
        role="finance",
        scopes=["finance.budgets:write", "finance.budgets:read"],
        at=NOW,
        by=finance_user,
    )
    planning.secret = secret
    body = {
        "project": "TRI",
        "name": "2027",
        "currency": "EUR",
        "lines": [{"category": "data", "planned": "10.00"}],
    }
    made = client.post("/api/v1/budgets/", body, headers=bearer(planning), content_type="application/json")
    assert (made.status_code, made.json()["approved_by"]) == (201, "client.planning")
    assert AuditEntry.objects.get(verb="approve_budget").actor == planning.user


@pytest.mark.parametrize("address", ["/api/v1/me/", "/api/v1/queue/", "/api/v1/notices/"])
def test_what_is_for_people_stays_shut_to_clients(address, erp, client, bearer):
    assert client.get(address, headers=bearer(erp)).status_code in {401, 403}


def test_a_client_cannot_turn_its_token_into_a_longer_one(erp, client, bearer):
    assert client.post("/api/v1/tokens/", {}, headers=bearer(erp), content_type="application/json").status_code == 401


def test_a_client_cannot_sign_in_by_form(erp, client):
    for word in ("", erp.secret, "!"):
        client.post("/sign-in/", {"username": "client.ledger", "password": word})
        assert "_auth_user_id" not in client.session
    assert not client.login(username="client.ledger", password=erp.secret)


def test_an_old_token_opens_nothing(erp, client, bearer, budget):
    header = bearer(erp)
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/v1/budgets/", headers=header).status_code == 401


def test_a_new_secret_ends_the_old_one_and_its_tokens(erp, client, bearer, finance_user, budget):
    header, old = bearer(erp), erp.secret
    erp.secret = rotate_client(client=erp, by=finance_user)
    assert client.get("/api/v1/budgets/", headers=header).status_code == 401
    assert ask_token(erp, client, secret=old).status_code == 401
    assert client.get("/api/v1/budgets/", headers=bearer(erp)).status_code == 200


def test_a_revoked_client_is_out_at_once_and_for_ever(erp, client, bearer, finance_user, budget):
    header = bearer(erp)
    revoke_client(client=erp, at=NOW, by=finance_user)
    assert client.get("/api/v1/budgets/", headers=header).status_code == 401
    assert ask_token(erp, client).status_code == 401
    assert not User.objects.get(username="client.ledger").is_active
    with pytest.raises(ValidationError, match="revoked"):
        rotate_client(client=erp, by=finance_user)


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "engineer"}, {"role": "manager"}])
def test_a_client_stands_still_when_whoever_answers_for_it_may_not_do_so_any_more(
    change, erp, client, bearer, finance_user, budget
):
    header = bearer(erp)
    User.objects.filter(pk=finance_user.pk).update(**change)
    answer = client.get("/api/v1/budgets/", headers=header)
    assert answer.status_code == 401
    assert "somebody else give it a new secret" in answer.json()["detail"]
    assert ask_token(erp, client).status_code == 401


def test_a_client_goes_on_when_somebody_else_answers_for_it(
    erp, client, bearer, finance_user, make_user, sign_in, budget
):
    User.objects.filter(pk=finance_user.pk).update(is_active=False)
    heir = make_user("maya.osei", "finance")
    page = sign_in(heir).get(reverse("clients")).content.decode()
    assert "Stands still" in page
    erp.secret = rotate_client(client=ServiceClient.objects.get(pk=erp.pk), by=heir)
    assert client.get("/api/v1/budgets/", headers=bearer(erp)).status_code == 200
    assert AuditEntry.objects.get(verb="rotate_client").detail["kept_by"] == [finance_user.username, heir.username]


def test_who_may_not_connect_systems_shuts_none_out(erp, client, bearer, engineer, manager, budget):
    with pytest.raises(ValidationError) as refused:
        revoke_client(client=erp, at=NOW, by=engineer)
    assert refused.value.code == "not_allowed"
    assert client.get("/api/v1/budgets/", headers=bearer(erp)).status_code == 200
    revoke_client(client=erp, at=NOW, by=manager)
    assert ask_token(erp, client).status_code == 401


def test_a_token_in_the_address_opens_nothing(erp, client, bearer, budget):
    token = bearer(erp)["Authorization"].removeprefix("Bearer ")
    assert client.get(f"/api/v1/budgets/?access_token={token}").status_code == 401


def test_nobody_makes_himself_a_client_with_a_greater_role(manager, finance_user, erp):
    with pytest.raises(ValidationError, match="Ask somebody who has it"):
        add_client(name="Mine", role="finance", scopes=["finance.journal:write"], at=NOW, by=manager)
    with pytest.raises(ValidationError, match="Ask somebody who has it"):
        rotate_client(client=erp, by=manager)
    with pytest.raises(ValidationError, match="Ask somebody who has it"):
        add_client(name="Mine", role="manager", scopes=["finance.journal:write"], at=NOW, by=finance_user)


@pytest.mark.parametrize(
    ("name", "scopes", "field"),
    [("Ledger", ["jobs:read"], "name"), ("!!", ["jobs:read"], "name"), ("A", [], "scopes"), ("A", ["all"], "scopes")],
)
def test_a_client_needs_a_name_of_its_own_and_scopes_that_there_are(name, scopes, field, erp, finance_user):
    with pytest.raises(ValidationError) as refused:
        add_client(name=name, role="viewer", scopes=scopes, at=NOW, by=finance_user)
    assert set(refused.value.error_dict) == {field}
    assert ServiceClient.objects.count() == 1


def test_every_face_names_a_family_that_there_is():
    from portal.api.urls import router

    faces = {face for _prefix, face, _name in router.registry if issubclass(face, VisibleViewSet)}
    assert {face.scope for face in faces} - {""} <= set(FAMILIES)
    assert {face.__name__ for face in faces if not face.scope} == {
        "NoticeViewSet",
        "SavedViewViewSet",
        "WebhookViewSet",
        "DeliveryViewSet",
    }


def test_a_client_decides_nothing_for_its_maker(manager, client, bearer):
    service, secret = add_client(
        name="Robot",
        role="manager",
        scopes=["jobs:write", "portfolio:write"],
        at=NOW,
        by=User.objects.get(pk=manager.pk),
    )
    service.secret = secret
    for address in (f"jobs/{uuid4()}/approve", "demands/1/decide", "gate-reviews/1/decide"):
        answer = client.post(f"/api/v1/{address}/", {}, headers=bearer(service), content_type="application/json")
        assert answer.status_code == 403
        assert "A person decides this" in answer.json()["detail"]
