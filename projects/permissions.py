"""Who may do what to a project. Seeing is decided in the base queryset, `visible_to`."""

from people.models import User
from projects.models import Demand, Project


def may_open_project(user: User) -> bool:
    return user.is_superuser or user.role == User.Role.MANAGER


def may_set_threshold(user: User) -> bool:
    """Say above which price a job needs a manager."""
    return user.is_superuser or user.role == User.Role.MANAGER


def may_contribute(user: User) -> bool:
    """Submit jobs, record measurements and feedback; viewers only look."""
    return user.is_superuser or user.role != User.Role.VIEWER


def may_plan(user: User, project: Project) -> bool:
    """Change the plan of a project: its stages, milestones and risks. A lead who only looks does not."""
    return may_steer(user) or (user.pk == project.lead_id and may_contribute(user))


def may_steer(user: User) -> bool:
    """Hold, resume and end projects, open programmes."""
    return user.is_superuser or user.role == User.Role.MANAGER


def may_propose(user: User) -> bool:
    """Whoever contributes may ask for something new."""
    return may_contribute(user)


def may_decide_demands(user: User) -> bool:
    """Whether decisions on demands are this person's at all."""
    return user.is_superuser or user.role == User.Role.MANAGER


def may_decide_demand(user: User, demand: Demand) -> bool:
    """Managers decide, and nobody on a demand of his own."""
    return may_decide_demands(user) and user.pk != demand.proposer_id


def may_write_demand(user: User, demand: Demand) -> bool:
    """Change and submit it: its proposer, and managers what is nobody's or lies on the shelf."""
    return user.pk == demand.proposer_id or may_decide_demands(user)


def may_allocate(user: User) -> bool:
    """Give projects the time of people, who may belong to any team."""
    return user.sees_everything
