import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone

from people import outbox
from people.models import AuditEntry, Notice, OutboxMessage, User
from people.notices import choose_mail, mark_all_read, mark_read, notify


@pytest.fixture(autouse=True)
def mail_is_on(settings):
    settings.SENDS_MAIL = True


@pytest.fixture
def reader(make_user):
    return make_user("lena.reader", email="lena@example.com")


def tell(*users, **changed):
    return notify(users=users, **{"kind": "job_ended", "text": "TRI-7 finished", "url": "/jobs/TRI-7/", **changed})


def test_everybody_gets_one_notice_of_his_own(reader, engineer, project):
    told = notify(
        users=[reader, engineer, reader],
        kind=Notice.Kind.BUDGET,
        text="80% of Compute is spent",
        url="/projects/TRI/",
        subject=project,
    )
    assert [notice.user for notice in told] == [reader, engineer]
    notice = Notice.objects.visible_to(reader).get()
    assert (notice.kind, notice.text, notice.url) == ("budget", "80% of Compute is spent", "/projects/TRI/")
    assert (notice.subject_type, notice.subject_id) == ("projects.project", str(project.pk))


def test_only_a_notice_that_shall_be_mailed_leaves_a_message_with_its_number_and_nothing_else(reader, engineer):
    first, _other = tell(reader, engineer)
    assert list(OutboxMessage.objects.values_list("topic", "payload")) == [("send_mail", {"notice": first.pk})]


@pytest.mark.parametrize("change", [{"email": ""}, {"mail_notices": False}])
def test_who_has_no_address_or_wants_no_mail_is_told_on_the_page_alone(reader, change):
    User.objects.update(**change)
    tell(User.objects.get(pk=reader.pk))
    assert Notice.objects.count() == 1
    assert not OutboxMessage.objects.exists()


def test_without_a_mail_server_nothing_is_left_to_be_mailed(reader, settings):
    settings.SENDS_MAIL = False
    tell(reader)
    assert Notice.objects.count() == 1
    assert not OutboxMessage.objects.exists()


def test_who_may_no_longer_sign_in_is_not_told(reader):
    reader.is_active = False
    assert tell(reader) == []


def test_a_notice_and_its_mail_vanish_with_the_transaction_that_failed(reader):
    @transaction.atomic
    def failing_verb():
        tell(reader)
        raise ObjectDoesNotExist

    with pytest.raises(ObjectDoesNotExist):
        failing_verb()
    assert not Notice.objects.exists()
    assert outbox.deliver() == 0


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_a_notice_never_leads_out_of_the_product(reader, url):
    with pytest.raises(ValueError, match="page of the product"):
        tell(reader, url=url)


def test_a_kind_that_does_not_exist_is_refused(reader):
    with pytest.raises(ValueError, match="gossip"):
        tell(reader, kind="gossip")


def test_nobody_sees_the_notices_of_others_whatever_the_role(reader, make_user):
    tell(reader)
    assert not Notice.objects.visible_to(make_user("root.user", is_superuser=True)).exists()


def test_the_first_reading_counts(reader):
    (notice,) = tell(reader)
    mark_read(notice=notice)
    first = Notice.objects.get().read_at
    mark_read(notice=notice)
    assert first is not None
    assert Notice.objects.get().read_at == first


def test_all_are_read_at_once_but_only_ones_own(reader, engineer):
    tell(reader)
    tell(reader, engineer)
    assert (mark_all_read(by=reader), mark_all_read(by=reader)) == (2, 0)
    assert Notice.objects.visible_to(engineer).unread().count() == 1


def test_unread_notices_come_first_and_then_the_newest(reader):
    old, middle, new = (tell(reader)[0] for _ in range(3))
    Notice.objects.filter(pk=new.pk).update(read_at=timezone.now())
    assert list(Notice.objects.unread_first()) == [middle, old, new]


def test_choosing_mail_leaves_an_entry_in_the_audit_trail(reader):
    choose_mail(by=reader, mail_notices=False)
    reader.refresh_from_db()
    assert reader.mail_notices is False
    assert AuditEntry.objects.get(verb="choose_mail").detail == {"mail_notices": False}
