"""Look after benefits between the visits of their owners: remind of silence, and weigh what was recorded early."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from outcomes.models import Benefit, BenefitPlan, BenefitRealisation
from outcomes.querysets import day_begins
from outcomes.services.shortfall import watch_benefit
from outcomes.shortfall import unreported_months
from people.models import Notice
from people.notices import notify

FIGURES_TAKE = 5  # days until people know what a month brought


def remind_owners(*, at: datetime) -> int:
    """Tell each owner of promised months that are over and not reported, once a month; how many were told."""
    today = timezone.localdate(at)
    if today.day <= FIGURES_TAKE:
        return 0
    told = BenefitRealisation.objects.filter(benefit=OuterRef("benefit"), month=OuterRef("month"))
    silent = BenefitPlan.objects.filter(~Exists(told), month__lt=today.replace(day=1))
    keys = set(silent.order_by().values_list("benefit", flat=True))
    reminded = set(_reminders(at).values_list("subject_id", flat=True))
    return sum(_remind(key, at) for key in sorted(keys) if str(key) not in reminded)


def weigh_early_records(*, at: datetime) -> int:
    """Hold benefits against their promise whose last month was recorded while it ran; how many fell short."""
    until = timezone.localdate(at).replace(day=1)
    last = (until - timedelta(days=1)).replace(day=1)
    early = BenefitRealisation.objects.filter(month=last, recorded_at__lt=day_begins(until))
    return sum(_weigh(key, at) for key in sorted(set(early.order_by().values_list("benefit", flat=True))))


@transaction.atomic
def _remind(key: int, at: datetime) -> bool:
    benefit, until = _held(key), timezone.localdate(at).replace(day=1)
    reported = set(benefit.realisations.values_list("month", flat=True))
    silent = unreported_months(benefit.plan.values_list("month", flat=True), reported, until=until)
    if not silent or _reminders(at).filter(subject_id=str(key)).exists():
        return False
    text = ngettext(
        "What did “%(benefit)s” bring in %(first)s? The month is over and nobody has said.",
        "What did “%(benefit)s” bring since %(first)s? %(count)d promised months are over and nobody has said.",
        len(silent),
    )
    words = {"benefit": benefit.name, "first": f"{silent[0]:%Y-%m}", "count": len(silent)}
    url = benefit.get_absolute_url()
    told = notify(users=[benefit.owner], kind=Notice.Kind.REPORT_DUE, text=text % words, url=url, subject=benefit)
    return bool(told)


@transaction.atomic
def _weigh(key: int, at: datetime) -> bool:
    return watch_benefit(_held(key), at) is not None


def _reminders(at: datetime) -> QuerySet[Notice]:
    """Those of this month."""
    begin = day_begins(timezone.localdate(at).replace(day=1))
    return Notice.objects.filter(kind=Notice.Kind.REPORT_DUE, subject_type=Benefit._meta.label_lower, at__gte=begin)


def _held(key: int) -> Benefit:
    rows = Benefit.objects.select_for_update(of=("self",)).select_related("owner", "project__lead", "project__sponsor")
    return rows.get(pk=key)
