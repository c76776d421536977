"""What a time limit says about the end of a job: that it will be stopped before it has done its work, or may be."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StopAtLimit(models.TextChoices):
    """More likely than not, or in more than one case of ten."""

    PROBABLE = "probable", _("It will probably be stopped at its time limit")
    POSSIBLE = "possible", _("It may be stopped at its time limit")


def stop_at_limit(limit_s: float | None, seconds_mid: float, seconds_high: float) -> StopAtLimit | None:
    """Judged by the median and the P90 of a duration, whether or not they were cut at the limit already."""
    if limit_s is None or seconds_high < limit_s:
        return None
    return StopAtLimit.PROBABLE if seconds_mid >= limit_s else StopAtLimit.POSSIBLE
