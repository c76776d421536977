"""The menu: what it shows depends only on who is signed in and where he is."""

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from experiments.models import ModelVersion
from outcomes.models import GateReview
from outcomes.permissions import may_decide_gate
from people.models import Notice, User
from people.permissions import may_connect
from projects.models import Demand, Project
from projects.permissions import may_contribute, may_decide_demands
from trainingjobs.models import JobState, TrainingJob
from trainingjobs.permissions import may_decide

THEMES = {"light": ("sun", _("Light")), "dark": ("moon", _("Dark")), "system": ("system", _("As the system"))}
PLACES = (  # name, word, icon, the names of the pages inside it
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
                "programmes",
                "programme",
                "programme-new",
                "kpi",
                "kpi-new",
                "measurement-new",
                "measurements-import",
                "kpi-targets",
                "contract-new",
                "contract-sign",
                "feedback-new",
                "project-limits",
                "project-plan",
                "project-plan-edit",
                "project-state",
                "milestone",
                "milestone-new",
                "risk-new",
            }
        ),
    ),
    (
        "demands",
        _("Demands"),
        "bulb",
        frozenset({"demands", "demand", "demand-new", "demand-edit", "demand-decide", "demand-accept"}),
    ),
    (
        "gates",
        _("Gates"),
        "gate",
        frozenset({"gates", "gate-review", "gate-review-new", "gate-decide", "gate-answer", "gate-sets", "gate-set"}),
    ),
    (
        "money",
        _("Money"),
        "coin",
        frozenset(
            {
                "money",
                "project-budget",
                "budget-new",
                "budget-version",
                "budget-version-new",
                "budget-version-edit",
                "budget-tranches",
                *("order-new", "invoice-new", "entry-reverse"),
                *("exchange-rates", "exchange-rate-new"),
                "periods",
                "waste",
                "cost-per-point",
            }
        ),
    ),
    (
        "benefits",
        _("Benefits"),
        "chart",
        frozenset({"benefits", "benefit", "benefit-realise", "benefit-plan", "benefit-new", "case", "forecasters"}),
    ),
    ("feedback-board", _("Feedback"), "voice", frozenset({"feedback-board", "feedback-triage"})),
    ("objectives", _("Objectives"), "target", frozenset({"objectives", "objective-new", "key-result-new"})),
    ("jobs", _("Jobs"), "play", frozenset({"jobs", "job", "job-new", "job-change", "jobs-act"})),
    ("queue", _("Queue"), "stack", frozenset({"queue"})),
    ("approvals", _("Approvals"), "gate", frozenset({"approvals", "approval-decide"})),
    ("models", _("Models"), "cube", frozenset({"models"})),
)
REFERENCES = (
    ("what-if", _("What if"), "dial", frozenset({"what-if"})),
    (
        "people",
        _("People"),
        "person",
        frozenset(
            {
                "people",
                *("role-rates", "role-rate", "role-rate-new"),
                *("allocation", "allocation-new"),
                *("employment", "employment-new", "job-role-new"),
            }
        ),
    ),
    ("rate-cards", _("Rate cards"), "tag", frozenset({"rate-cards"})),
    ("clients", _("Connections"), "share", frozenset({"clients", "webhooks", "webhook"})),
    ("audit", _("Audit trail"), "clock", frozenset({"audit"})),
    ("admin:index", _("Administration"), "dial", frozenset[str]()),
)
AT_THE_FOOT = frozenset(
    {"gates", "demands", "money", "queue", "approvals", "benefits", "feedback-board", "objectives"}
)  # on a phone they stand below the page, not in the bar of five
MOST_ON_THE_BELL = 99


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
        "places": [place for place in PLACES if person and _may_open(place[0], person)],
        "at_the_foot": AT_THE_FOOT,
        "references": [place for place in REFERENCES if person and _may_open(place[0], person)],
        "here": match.url_name if match else "",
        "menu_counts": SimpleLazyObject(lambda: _counts(person)) if person else {},
        "bell": SimpleLazyObject(lambda: _bell(person)) if person else {},
    }


def _may_open(name: str, person: User) -> bool:
    """The menu offers nothing that would refuse."""
    allowed = {
        "audit": person.sees_everything,
        "people": person.sees_everything,
        "admin:index": person.is_staff,
        "clients": may_connect(person),
        "approvals": may_contribute(person),
    }
    return allowed.get(name, True)


def _bell(user: User) -> dict[str, object]:
    """How many notices wait; beyond what the bell can show nobody counts on."""
    unread = Notice.objects.visible_to(user).unread()[: MOST_ON_THE_BELL + 1].count()
    return {"unread": unread, "shown": f"{MOST_ON_THE_BELL}+" if unread > MOST_ON_THE_BELL else str(unread)}


def _counts(user: User) -> dict[str, int]:
    """How much there is behind each entry: jobs under way, those in line, and decisions that are this person's."""
    under_way = TrainingJob.objects.visible_to(user).unfinished()
    asked = ~Q(submitted_by=user) if may_decide(user) else Q(submitted_by=user)
    return {
        "projects": Project.objects.visible_to(user).running().count(),
        **under_way.aggregate(
            jobs=Count("pk", filter=Q(state__in=[JobState.QUEUED, JobState.RUNNING])),
            queue=Count("pk", filter=Q(state=JobState.QUEUED)),
            approvals=Count("pk", filter=Q(asked, state=JobState.AWAITING)),
        ),
        "gates": _gates(user),
        "models": ModelVersion.objects.visible_to(user).count(),
        "demands": _demands(user),
        "decides": may_decide(user),
    }


def _demands(user: User) -> int:
    """Demands that wait for this person's decision."""
    return Demand.objects.waiting().exclude(proposer=user).count() if may_decide_demands(user) else 0


def _gates(user: User) -> int:
    """Reviews that this person may decide on; to everybody else those that wait and that he may see."""
    reviews = GateReview.objects.visible_to(user)
    return (reviews.decidable_by(user) if may_decide_gate(user) else reviews.open()).count()
