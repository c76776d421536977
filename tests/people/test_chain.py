"""The chain over the audit trail: in order, once, and a change shows."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from people.chain import digest_of, export_lines, first_break, newest_link, seal
from people.models import AuditEntry, AuditLink
from people.services import record_audit
from people.tasks import seal_audit


@pytest.fixture
def look(engineer):
    def times(count):
        return [record_audit(verb="look", subject=engineer, by=engineer, detail={"n": n}) for n in range(count)]

    return times


def without_triggers(table, act):
    """What somebody with all rights on the database can do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            act(cursor)
            cursor.execute("SET session_replication_role = DEFAULT")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        act(cursor)
        for _name, sql in triggers:
            cursor.execute(sql)


def test_every_entry_is_sealed_once_in_order(look):
    entries = look(5)
    assert (seal(limit=3), seal(), seal()) == (3, 2, 0)
    links = AuditLink.objects.order_by("pk")
    assert [link.entry_id for link in links] == [entry.pk for entry in entries]
    assert [(link.pk, link.previous_id) for link in links] == [(1, None), (2, 1), (3, 2), (4, 3), (5, 4)]
    assert first_break() is None


def test_an_entry_that_was_committed_late_is_sealed_after_those_that_overtook_it(look):
    late, early = look(2)
    AuditLink.objects.create(pk=1, entry=early, digest=digest_of("", AuditEntry.objects.get(pk=early.pk)))
    assert seal() == 1
    assert AuditLink.objects.get(pk=2).entry_id == late.pk
    assert first_break() is None


def test_a_changed_entry_is_named(look):
    entries = look(4)
    seal()
    change = "UPDATE people_auditentry SET verb = 'never' WHERE id = %s"
    without_triggers("people_auditentry", lambda cursor: cursor.execute(change, [entries[2].pk]))
    broken = first_break()
    assert (broken.place, broken.entry_pk) == (3, entries[2].pk)


def test_a_removed_entry_leaves_a_gap_that_is_named(look):
    entries = look(4)
    seal()
    remove = "DELETE FROM people_auditlink WHERE entry_id = %s"
    with transaction.atomic():
        without_triggers("people_auditlink", lambda cursor: cursor.execute(remove, [entries[1].pk]))
        assert first_break().place == 2
        transaction.set_rollback(True)


def test_the_database_refuses_to_change_a_link(look):
    look(1)
    seal()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditLink.objects.update(digest="0" * 64)


def test_two_that_seal_at_once_make_one_chain(look, in_threads):
    look(40)
    in_threads(4, lambda number: seal())
    while seal():
        pass
    assert AuditLink.objects.count() == 40
    assert first_break() is None


def test_the_export_can_be_checked_without_the_product(look):
    import hashlib

    look(3)
    seal()
    digest = ""
    for line in export_lines():
        told = json.loads(line)
        text = json.dumps(told["entry"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256((digest + text).encode()).hexdigest()
        assert told["digest"] == digest
    assert digest == newest_link().digest


def test_the_task_seals_all_that_waits(look):
    look(3)
    seal_audit()
    assert AuditLink.objects.count() == 3
