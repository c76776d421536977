"""Who may do what to a project. Seeing is decided in the base queryset, `visible_to`."""

from people.models import User


def may_open_project(user: User) -> bool:
    return user.is_superuser or user.role == User.Role.MANAGER


def may_set_threshold(user: User) -> bool:
    """Say above which price a job needs a manager."""
    return user.is_superuser or user.role == User.Role.MANAGER


def may_contribute(user: User) -> bool:
    """Submit jobs, record measurements and feedback; viewers only look."""
    return user.is_superuser or user.role != User.Role.VIEWER
