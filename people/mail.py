"""Send a notice as a mail: plain text, once as a rule and at least once in any case."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from people.models import Notice
from people.notices import gets_mail
from people.outbox import handles

SUBJECT_LENGTH = 120
KEEPS_TRYING = timedelta(days=3)  # news that are older wait on the page of notices and nowhere else
logger = logging.getLogger(__name__)


@handles("send_mail")
def send_mail(payload: Mapping[str, Any]) -> None:
    """Mail one notice, unless it has been mailed or nobody wants it any more."""
    notice = Notice.objects.select_related("user").filter(pk=payload["notice"], mailed_at=None).first()
    if notice is None or not gets_mail(notice.user) or timezone.now() - notice.at > KEEPS_TRYING:
        return
    try:
        mail_of(notice).send()
    except SMTPRecipientsRefused as error:
        if any(code < 500 for code, _reason in error.recipients.values()):
            raise
        logger.warning("The mail server knows no such address: notice %s stays on its page", notice.pk)
        return
    Notice.objects.filter(pk=notice.pk).update(mailed_at=timezone.now())


def mail_of(notice: Notice) -> EmailMessage:
    """The notice in words. Its Message-ID is always the same, so that a mail that was sent twice is shown once."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    one_line = Truncator(" ".join(notice.text.split())).chars(SUBJECT_LENGTH)
    body = _(
        "%(text)s\n\n%(link)s\n\n-- \nThroughline sends this because notices by mail are switched on for you.\n"
        "Switch them off: %(notices)s\n"
    )
    return EmailMessage(
        subject=one_line,
        body=body
        % {
            "text": notice.text,
            "link": f"{settings.BASE_URL}{notice.url}",
            "notices": f"{settings.BASE_URL}/notices/",
        },
        to=[notice.user.email],
        headers={"Message-ID": f"<notice-{notice.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )
