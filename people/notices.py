"""Tell people what they should know: a row for the page of notices and, for those who wish it, a mail."""

from collections.abc import Iterable

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from people import outbox
from people.models import Notice, User
from people.services import record_audit


@transaction.atomic
def notify(
    *, users: Iterable[User], kind: Notice.Kind, text: str, url: str, subject: models.Model | None = None
) -> list[Notice]:
    """Leave each person one notice, in the transaction of the verb that calls it. `url` is a page of the product."""
    if not url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        raise ValueError(f"A notice leads to a page of the product, not to {url}.")
    now = timezone.now()
    people = {user.pk: user for user in users if user.is_active}
    notices = Notice.objects.bulk_create(
        Notice(
            user=person,
            at=now,
            kind=Notice.Kind(kind),
            text=str(text),
            url=url,
            subject_type=subject._meta.label_lower if subject else "",
            subject_id=str(subject.pk) if subject else "",
        )
        for person in people.values()
    )
    for notice in notices:
        if gets_mail(notice.user):
            outbox.post(topic="send_mail", payload={"notice": notice.pk})
    return notices


def gets_mail(user: User) -> bool:
    """Whether notices of this person also go out by mail."""
    return bool(settings.SENDS_MAIL and user.is_active and user.mail_notices and user.email)


# Reading leaves no entry in the audit trail: it changes nothing for anybody else.
def mark_read(*, notice: Notice) -> None:
    """The person has seen it; the first time counts."""
    Notice.objects.unread().filter(pk=notice.pk).update(read_at=timezone.now())


def mark_all_read(*, by: User) -> int:
    """Everything that waits has been seen; how much that was."""
    return Notice.objects.visible_to(by).unread().update(read_at=timezone.now())


@transaction.atomic
def choose_mail(*, by: User, mail_notices: bool) -> None:
    """Send this person's notices by mail as well, or no longer."""
    User.objects.filter(pk=by.pk).update(mail_notices=mail_notices)
    by.mail_notices = mail_notices
    record_audit(verb="choose_mail", subject=by, by=by, detail={"mail_notices": mail_notices})
