"""The menu: what it shows depends only on who is signed in and where he is."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from experiments.models import ModelVersion
from people.models import User
from projects.models import Project
from trainingjobs.models import TrainingJob

THEMES = {"light": ("sun", _("Light")), "dark": ("moon", _("Dark")), "system": ("system", _("As the system"))}
PLACES = (  # name, word, icon, the names of the pages inside it, who is counted
    ("portfolio", _("Portfolio"), "board", frozenset({"portfolio"})),
    (
        "projects",
        _("Projects"),
        "lines",
        frozenset(
            {
                "projects",
                "project",
                "project-new",
                "kpi",
                "kpi-new",
                "measurement-new",
                "contract-new",
                "contract-sign",
                "feedback-new",
            }
        ),
    ),
    ("jobs", _("Jobs"), "play", frozenset({"jobs", "job", "job-new", "job-cancel"})),
    ("models", _("Models"), "cube", frozenset({"models"})),
)
REFERENCES = (
    ("rate-cards", _("Rate cards"), "tag", frozenset({"rate-cards"})),
    ("audit", _("Audit trail"), "clock", frozenset({"audit"})),
    ("admin:index", _("Administration"), "dial", frozenset[str]()),
)


def navigation(request: HttpRequest) -> dict[str, object]:
    """Everything the shell needs; the counts are asked for only where a menu is drawn."""
    user = getattr(request, "user", None)
    theme = request.COOKIES.get("theme", "system")
    match = getattr(request, "resolver_match", None)
    person = user if isinstance(user, User) and user.is_authenticated else None
    return {
        "demo": settings.DEMO,
        "theme": theme if theme in THEMES else "system",
        "themes": THEMES,
        "places": PLACES,
        "references": [place for place in REFERENCES if person and _may_open(place[0], person)],
        "here": match.url_name if match else "",
        "menu_counts": SimpleLazyObject(lambda: _counts(person)) if person else {},
    }


def _may_open(name: str, person: User) -> bool:
    """The menu offers nothing that would refuse."""
    return {"audit": person.sees_everything, "admin:index": person.is_staff}.get(name, True)


def _counts(user: User) -> dict[str, int]:
    """How much there is behind each entry; jobs are those under way."""
    return {
        "projects": Project.objects.visible_to(user).count(),
        "jobs": TrainingJob.objects.visible_to(user).active().count(),
        "models": ModelVersion.objects.visible_to(user).count(),
    }
