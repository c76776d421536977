"""What a test or a newcomer needs to know of the demo: who may sign in, and the keys of what was entered."""

from typing import Any

from django.urls import reverse

from finance.models import Budget, RateCard
from outcomes.models import Kpi, ValueContract
from people.models import User
from people.tokens import issue_token
from portal.demo.cast import CAST
from portal.demo.stories import STORIES
from projects.models import Project
from trainingjobs.models import TrainingJob


def report(*, password: str | None) -> dict[str, Any]:
    """The demo as plain data, with a fresh API token for each person."""
    keys = [story.key for story in STORIES]
    card = RateCard.objects.order_by("-valid_from", "-version").first()
    return {
        "url_path": reverse("sign-in"),
        "users": [_user(person.username, password) for person in CAST],
        "projects": [
            {"id": project.pk, "key": project.key, "title": project.title, "station": project.station}
            for project in Project.objects.filter(key__in=keys)
        ],
        "budgets": [
            _budget(budget) for budget in Budget.objects.filter(project__key__in=keys).prefetch_related("lines")
        ],
        "kpis": [
            {"id": kpi.pk, "project": kpi.project.key, "name": kpi.name}
            for kpi in Kpi.objects.filter(project__key__in=keys).select_related("project")
        ],
        "contracts": [
            {"id": each.pk, "kpi": each.kpi_id, "version": each.version, "status": each.status}
            for each in ValueContract.objects.filter(kpi__project__key__in=keys)
        ],
        "rate_card": {"id": card.pk, "name": card.name, "version": card.version} if card else None,
        "jobs": [
            {"id": str(job.pk), "name": job.name, "recipe": job.recipe, "state": job.state}
            for job in TrainingJob.objects.filter(project__key__in=keys)
            .select_related("project")
            .order_by("submitted_at")
        ],
    }


def _user(username: str, password: str | None) -> dict[str, Any]:
    user = User.objects.get(username=username)
    _row, token = issue_token(by=user)
    return {
        "id": user.pk,
        "username": username,
        "password": password,
        "role": user.role,
        "admin": user.is_superuser,
        "token": token,
    }


def _budget(budget: Budget) -> dict[str, Any]:
    return {
        "id": budget.pk,
        "project": budget.project.key,
        "lines": [{"id": line.pk, "category": line.category} for line in budget.lines.all()],
    }
