"""What goes out by mail, and what happens when the mail server does not take it."""

import logging
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.utils import timezone

from engine import failpoint
from people import outbox
from people.models import Notice, OutboxMessage, User
from people.notices import notify


@pytest.fixture(autouse=True)
def mail_is_on(settings):
    settings.SENDS_MAIL, settings.BASE_URL = True, "https://throughline.example.com"
    settings.DEFAULT_FROM_EMAIL = "Throughline <robot@example.com>"


@pytest.fixture
def reader(make_user):
    return make_user("lena.reader", email="lena@example.com")


@pytest.fixture
def notice(reader):
    (notice,) = notify(users=[reader], kind="job_ended", text="TRI-7 finished", url="/jobs/TRI-7/")
    return notice


@pytest.fixture
def refuse(monkeypatch):
    """Let the mail server answer with this error."""

    def set_error(error):
        def send_messages(*_):
            raise error

        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", send_messages)

    return set_error


def again():
    OutboxMessage.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    return outbox.deliver()


def test_a_mail_says_what_happened_and_leads_to_its_page(notice):
    assert outbox.deliver() == 1
    (sent,) = mail.outbox
    assert (sent.to, sent.from_email) == (["lena@example.com"], "Throughline <robot@example.com>")
    assert sent.subject == "TRI-7 finished"
    assert "https://throughline.example.com/jobs/TRI-7/" in sent.body
    assert "https://throughline.example.com/notices/" in sent.body
    assert sent.message()["Message-ID"] == f"<notice-{notice.pk}@throughline.example.com>"
    notice.refresh_from_db()
    assert notice.mailed_at is not None


def test_two_deliveries_send_one_mail(notice):
    outbox.deliver()
    OutboxMessage.objects.update(delivered_at=None)
    assert again() == 1
    assert len(mail.outbox) == 1


def test_a_worker_that_fails_after_sending_sends_no_second_mail(notice, tmp_path):
    failpoint.arm("outbox.after_send:raise", marks=tmp_path)
    try:
        assert outbox.deliver() == 0
    finally:
        failpoint.disarm()
    assert again() == 1
    assert len(mail.outbox) == 1


def test_a_worker_that_fails_before_sending_sends_later(notice, tmp_path):
    failpoint.arm("outbox.before_send:raise", marks=tmp_path)
    try:
        assert outbox.deliver() == 0
    finally:
        failpoint.disarm()
    assert mail.outbox == []
    assert again() == 1
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(111, "Connection refused"),
        SMTPServerDisconnected("gone"),
        SMTPRecipientsRefused({"lena@example.com": (450, b"try later")}),
    ],
)
def test_when_the_mail_server_refuses_the_message_stays_with_growing_pauses_and_the_notice_is_there(
    notice, refuse, error
):
    refuse(error)
    pauses = []
    for _ in range(3):
        assert again() == 0
        message = OutboxMessage.objects.get()
        pauses.append(message.not_before - timezone.now())
    assert pauses[0] < pauses[1] < pauses[2]
    assert type(error).__name__ in message.last_error
    notice.refresh_from_db()
    assert (notice.read_at, notice.mailed_at) == (None, None)


def test_an_address_that_does_not_exist_is_given_up_and_said_in_the_log(notice, refuse, caplog):
    refuse(SMTPRecipientsRefused({"lena@example.com": (550, b"no such user")}))
    with caplog.at_level(logging.WARNING):
        assert outbox.deliver() == 1
    assert f"notice {notice.pk} stays on its page" in caplog.text
    notice.refresh_from_db()
    assert notice.mailed_at is None


def test_a_line_break_in_the_text_never_becomes_a_header(reader):
    notify(users=[reader], kind="job_ended", text="Finished\r\nBcc: all@example.com\n\nMore", url="/jobs/TRI-7/")
    assert outbox.deliver() == 1
    (sent,) = mail.outbox
    assert sent.subject == "Finished Bcc: all@example.com More"
    assert sent.message()["Bcc"] is None
    assert sent.recipients() == ["lena@example.com"]


def test_a_line_break_in_an_address_sends_nothing_to_anybody(notice):
    User.objects.update(email="lena@example.com\nBcc: all@example.com")
    assert outbox.deliver() == 0
    assert mail.outbox == []


def test_a_long_text_is_cut_in_the_subject_alone(reader):
    notify(users=[reader], kind="budget", text="word " * 100, url="/projects/TRI/")
    outbox.deliver()
    assert len(mail.outbox[0].subject) == 120
    assert "word " * 100 in mail.outbox[0].body


@pytest.mark.parametrize("change", [{"email": ""}, {"mail_notices": False}, {"is_active": False}])
def test_who_wants_no_mail_any_more_gets_none(notice, change):
    User.objects.update(**change)
    assert outbox.deliver() == 1
    assert mail.outbox == []


def test_news_of_last_week_are_not_mailed(notice):
    Notice.objects.update(at=timezone.now() - timedelta(days=7))
    assert outbox.deliver() == 1
    assert mail.outbox == []
