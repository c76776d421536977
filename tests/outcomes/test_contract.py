"""Contracts are versioned, signed by finance only, and final once signed."""

from datetime import UTC, date, datetime, time

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from outcomes.models import ValueContract
from outcomes.permissions import may_sign_contract
from outcomes.services import sign_contract
from outcomes.value import project_values
from people.models import AuditEntry, User
from portal.boards.worth import contracts_title


@pytest.fixture
def at_the_beginning(monkeypatch):
    """Drafts are entered on the first day of 2026: a past day knows only those that were there."""
    monkeypatch.setattr("people.services.timezone.now", lambda: datetime(2026, 1, 1, tzinfo=UTC))


def test_every_draft_is_the_next_version(draft):
    assert [draft().version, draft(worth_micro=15_000).version] == [1, 2]
    assert set(ValueContract.objects.values_list("status", flat=True)) == {"draft"}


def test_signing_supersedes_the_version_before(draft, finance_user):
    first = sign_contract(contract=draft(), by=finance_user)
    second = sign_contract(contract=draft(worth_micro=15_000), by=finance_user)
    first.refresh_from_db()
    assert (first.status, second.status) == ("superseded", "signed")
    assert second.signed_by == finance_user
    assert list(ValueContract.objects.in_force()) == [second]
    assert AuditEntry.objects.filter(verb="sign_contract").count() == 2


def test_a_draft_counts_while_nothing_is_signed(draft):
    draft()
    newest = draft()
    assert list(ValueContract.objects.in_force()) == [newest]


@pytest.mark.parametrize("role", ["viewer", "engineer", "manager"])
def test_nobody_but_finance_signs(contract, make_user, role):
    person = make_user("ada.quist", role)
    with pytest.raises(ValidationError) as refusal:
        sign_contract(contract=contract, by=person)
    assert refusal.value.code == "not_allowed"
    contract.refresh_from_db()
    assert contract.status == "draft"
    assert not may_sign_contract(person)
    assert may_sign_contract(User(role="finance"))


def test_nobody_signs_a_contract_that_he_owns(draft, finance_user):
    with pytest.raises(ValidationError) as refusal:
        sign_contract(contract=draft(owner=finance_user), by=finance_user)
    assert refusal.value.code == "signs_own_contract"


def test_what_is_signed_is_not_signed_again(contract, finance_user):
    sign_contract(contract=contract, by=finance_user)
    with pytest.raises(ValidationError) as refusal:
        sign_contract(contract=contract, by=finance_user)
    assert refusal.value.code == "already_signed"


def test_only_the_newest_draft_is_signed(draft, finance_user):
    old, _new = draft(), draft()
    with pytest.raises(ValidationError) as refusal:
        sign_contract(contract=old, by=finance_user)
    assert refusal.value.code == "not_newest"


@pytest.mark.parametrize(
    "change",
    [
        {"worth_micro": 1},
        {"sensitivity": -1.0},
        {"upkeep_minor": 0},
        {"metric_baseline": 0.5},
        {"units_label": "Letters"},
        {"basis": "none"},
        {"signed_at": None, "signed_by": None, "status": "draft"},
        {"status": "draft"},
    ],
)
def test_the_database_refuses_to_change_a_signed_contract(contract, finance_user, change):
    sign_contract(contract=contract, by=finance_user)
    with pytest.raises(DatabaseError), transaction.atomic():
        ValueContract.objects.filter(pk=contract.pk).update(**change)
    contract.refresh_from_db()
    assert (contract.status, contract.worth_micro) == ("signed", 14_580)


def test_the_database_refuses_to_delete_a_signed_contract(contract, finance_user):
    sign_contract(contract=contract, by=finance_user)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        contract.delete()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("sensitivity", float("nan"), "not_finite"),
        ("sensitivity", float("inf"), "not_finite"),
        ("metric_baseline", 1e13, "too_large"),
        ("units_per_year", 1e300, "too_large"),
        ("units_per_year", -1, "negative"),
        ("sensitivity_sd", -0.1, "negative"),
    ],
)
def test_figures_nobody_can_mean_are_refused_at_their_field(draft, field, value, code):
    with pytest.raises(ValidationError) as refusal:
        draft(**{field: value})
    assert [fault.code for fault in refusal.value.error_dict[field]] == [code]
    assert not ValueContract.objects.exists()


def test_an_upkeep_below_nothing_is_refused_at_the_field_that_forms_and_rest_name_so(draft):
    with pytest.raises(ValidationError) as refusal:
        draft(upkeep_minor=-1)
    assert refusal.value.error_dict["upkeep"][0].code == "negative"


def test_the_contracts_of_another_team_stay_hidden(contract, engineer, stranger, finance_user):
    assert (
        ValueContract.objects.visible_to(engineer).count()
        == ValueContract.objects.visible_to(finance_user).count()
        == 1
    )
    assert not ValueContract.objects.visible_to(stranger).exists()


TODAY = date(2026, 6, 15)


def in_force(on=TODAY):
    return list(ValueContract.objects.in_force(on))


def signed_on(contract, finance_user, day):
    return sign_contract(contract=contract, by=finance_user, at=datetime.combine(day, time(9), UTC))


def test_a_contract_of_the_future_does_not_count_today(draft, finance_user):
    first = signed_on(draft(), finance_user, date(2026, 2, 1))
    second = signed_on(draft(valid_from=date(2026, 7, 1)), finance_user, date(2026, 6, 1))
    assert in_force() == [first]
    assert in_force(date(2026, 7, 1)) == [second]


def test_a_contract_past_its_end_does_not_count_and_revives_no_older_one(draft, finance_user):
    signed_on(draft(), finance_user, date(2026, 2, 1))
    second = signed_on(draft(valid_to=date(2026, 6, 15)), finance_user, date(2026, 3, 1))
    assert in_force(date(2026, 6, 14)) == [second]
    assert in_force() == []


def test_a_newer_draft_counts_once_the_signed_one_has_ended(at_the_beginning, draft, finance_user):
    signed_on(draft(valid_to=date(2026, 6, 1)), finance_user, date(2026, 2, 1))
    newer = draft()
    assert in_force() == [newer]


def test_a_past_day_counts_what_was_signed_by_then(draft, finance_user):
    first = signed_on(draft(), finance_user, date(2026, 2, 1))
    second = signed_on(draft(worth_micro=15_000), finance_user, date(2026, 5, 1))
    assert in_force(date(2026, 4, 30)) == [first]
    assert in_force(date(2026, 5, 1)) == [second]


def test_a_project_has_no_value_by_a_contract_of_the_future(at_the_beginning, draft, make_run, project):
    draft(valid_from=date(2026, 7, 1))
    make_run()
    assert project_values([project], TODAY) == {project.pk: None}
    assert project_values([project], date(2026, 7, 1))[project.pk].is_hypothesis


def test_what_was_signed_later_was_a_hypothesis_on_that_day(at_the_beginning, draft, make_run, project, finance_user):
    signed_on(draft(), finance_user, date(2026, 6, 20))
    make_run()
    assert project_values([project], TODAY)[project.pk].is_hypothesis
    assert not project_values([project], date(2026, 6, 20))[project.pk].is_hypothesis


def stands(on=TODAY):
    return [contract.standing.value for contract in ValueContract.objects.with_standing(on).order_by("version")]


def test_a_version_is_superseded_once_the_next_one_has_begun_and_not_when_that_is_signed(draft, finance_user):
    signed_on(draft(), finance_user, date(2026, 6, 1))
    signed_on(draft(valid_from=date(2028, 1, 1)), finance_user, date(2026, 6, 2))
    assert [row.status for row in ValueContract.objects.order_by("version")] == ["superseded", "signed"]
    assert stands() == ["signed", "signed"]
    assert stands(date(2028, 1, 1)) == ["superseded", "signed"]
    assert stands(date(2026, 5, 31)) == ["draft", "draft"]
    assert ValueContract.objects.get(version=1).standing == "signed"
    assert [each.version for each in ValueContract.objects.signed_and_in_force(TODAY)] == [1]
    draft()
    told = contracts_title(list(ValueContract.objects.with_standing(TODAY).order_by("-version")))
    assert told == "Version 3 waits for a signature; version 1 counts until then"


def test_a_contract_that_ends_before_it_begins_is_refused(draft):
    with pytest.raises(ValidationError) as refusal:
        draft(valid_to=date(2026, 1, 1))
    assert refusal.value.error_dict["valid_to"][0].code == "ends_before_it_begins"
