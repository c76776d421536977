"""Who may say what a metric is worth. Seeing is decided in the base queryset, `visible_to`."""

from people.models import User
from projects.permissions import may_contribute


def may_define_kpi(user: User) -> bool:
    return may_contribute(user)


def may_draft_contract(user: User) -> bool:
    """Anybody who works on a project may put a hypothesis on the table."""
    return may_contribute(user)


def may_sign_contract(user: User) -> bool:
    """Only finance turns a hypothesis into a figure that the board may count on."""
    return user.is_superuser or user.role == User.Role.FINANCE
