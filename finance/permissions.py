"""Who may move money and set prices. Seeing is decided in the base querysets, `visible_to`."""

from people.models import User


def may_approve_budget(user: User) -> bool:
    return user.is_superuser or user.role in {User.Role.MANAGER, User.Role.FINANCE}


def may_post(user: User) -> bool:
    """Post actuals and reverse them by hand; the portal itself posts what jobs cost."""
    return user.is_superuser or user.role == User.Role.FINANCE


def may_publish_rates(user: User) -> bool:
    return user.is_superuser or user.role == User.Role.FINANCE


def may_see_journal(user: User) -> bool:
    """The journal of all projects; the entries of a member's own projects are his to see anyway."""
    return user.sees_everything


def may_see_role_rates(user: User) -> bool:
    """Read and record what an hour of a role costs; posting what a late rate changes is for who may post."""
    return user.sees_everything
