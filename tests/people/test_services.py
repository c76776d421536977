"""People are added by verbs, and the audit trail only grows."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from people.models import AuditEntry, User
from people.services import add_department, add_user, record_audit


@pytest.mark.parametrize("way", ["update", "save", "delete"])
def test_the_database_refuses_to_change_the_audit_trail(engineer, way):
    entry = record_audit(verb="look", subject=engineer, by=engineer)
    ways = {
        "update": lambda: AuditEntry.objects.filter(pk=entry.pk).update(verb="never"),
        "save": entry.save,
        "delete": entry.delete,
    }
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ways[way]()
    assert AuditEntry.objects.get(pk=entry.pk).verb == "look"


def test_an_entry_names_actor_verb_subject_and_detail(engineer):
    entry = record_audit(verb="look", subject=engineer, by=engineer, detail={"at": "stars"})
    assert (entry.actor, entry.subject_type, entry.subject_id) == (engineer, "people.user", str(engineer.pk))
    assert entry.detail == {"at": "stars"}


def test_somebody_added_can_sign_in_with_a_role_and_a_department(db):
    lab = add_department(code="lab", name="Model Lab", by=None)
    user = add_user(username="ada.quist", password="a-long-test-password", role="engineer", first_name="Ada",
                    last_name="Quist", job_title="Engineer", department=lab, by=None)  # fmt: skip
    assert user.check_password("a-long-test-password")
    assert (str(user), user.initials, user.is_staff) == ("Ada Quist", "AQ", False)
    assert set(AuditEntry.objects.values_list("verb", flat=True)) == {"add_department", "add_user"}
    assert "password" not in AuditEntry.objects.get(verb="add_user").detail


@pytest.mark.parametrize(("username", "role"), [("", "engineer"), ("with space", "engineer"), ("ada", "emperor")])
def test_a_wrong_name_or_role_is_refused(db, username, role):
    with pytest.raises(ValidationError):
        add_user(username=username, password="a-long-test-password", role=role, by=None)
    assert not User.objects.exists()
