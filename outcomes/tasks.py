"""Celery's side of outcomes: benefits are looked after between the visits of their owners."""

from celery import shared_task
from django.utils import timezone

from outcomes.services import remind_owners, weigh_early_records


@shared_task(name="outcomes.look_after_benefits", ignore_result=True)
def look_after_benefits() -> None:
    at = timezone.now()
    weigh_early_records(at=at)
    remind_owners(at=at)
