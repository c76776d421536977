"""Who may say what a metric is worth. Seeing is decided in the base queryset, `visible_to`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from people.models import User
from projects.models import Project
from projects.permissions import may_contribute, may_steer

if TYPE_CHECKING:
    from outcomes.models import Benefit, GateCondition, GateReview


def may_define_kpi(user: User) -> bool:
    return may_contribute(user)


def may_choose_earning_kpi(user: User) -> bool:
    """Say by which KPI the stages of a project earn."""
    return may_steer(user)


def may_draft_contract(user: User) -> bool:
    """Anybody who works on a project may put a hypothesis on the table."""
    return may_contribute(user)


def may_sign_contract(user: User) -> bool:
    """Only finance turns a hypothesis into a figure that the board may count on."""
    return user.is_superuser or user.role == User.Role.FINANCE


def may_set_target(user: User) -> bool:
    return may_contribute(user)


def may_promise_benefit(user: User) -> bool:
    return may_contribute(user)


def may_realise_benefit(user: User, benefit: Benefit) -> bool:
    """Its owner says what came of it, in the team or not; finance and managers may as well. Viewers only look."""
    return user.sees_everything or (user.pk == benefit.owner_id and may_contribute(user))


def benefit_owners() -> QuerySet[User]:
    """Who can own a benefit: whoever does more than look, for the business is not in the team."""
    looks = Q(role=User.Role.VIEWER, is_superuser=False)
    return User.objects.filter(~looks, is_active=True).order_by("first_name", "last_name")


def may_make_case(user: User) -> bool:
    return may_contribute(user)


def may_open_objective(user: User) -> bool:
    """What a portfolio wants to reach is set by who answers for it."""
    return user.is_superuser or user.role == User.Role.MANAGER


def may_read_forecasters(user: User) -> bool:
    """The scores of all; everybody reads his own."""
    return user.sees_everything


def may_define_gate(user: User) -> bool:
    return user.is_superuser or user.role == User.Role.MANAGER


def may_ask_review(user: User) -> bool:
    """Anybody who works on a project may ask for a decision and answer its check list."""
    return may_contribute(user)


def may_decide_gate(user: User) -> bool:
    """Whether decisions at gates are this person's at all."""
    return user.is_superuser or user.role == User.Role.MANAGER


def may_decide_review(user: User, review: GateReview) -> bool:
    """Managers decide, and nobody on his own project or on what he asked for."""
    return may_decide_gate(user) and user.pk not in {review.asked_by_id, review.project.lead_id}


def condition_owners(project: Project) -> QuerySet[User]:
    """Who can fulfil a condition of a project: whoever sees it and does more than look."""
    everything = Q(is_superuser=True) | Q(role__in=[User.Role.MANAGER, User.Role.FINANCE])
    member = Q(pk__in=project.memberships.values("user")) & ~Q(role=User.Role.VIEWER)
    return User.objects.filter(everything | member, is_active=True).order_by("first_name", "last_name")


def may_fulfil_condition(user: User, condition: GateCondition) -> bool:
    """Who sees to it says when it is done, as long as he does more than look; a manager may as well."""
    return may_decide_gate(user) or (user.pk == condition.owner_id and may_contribute(user))
