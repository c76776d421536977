"""Verbs on projects: demands, projects on their line, plans, people, and the feedback that comes back."""

from projects.services.feedback import record_feedback
from projects.services.plan import plan_stages
from projects.services.project import enter_station, open_portfolio, open_project, set_approval_threshold

__all__ = [
    "enter_station",
    "open_portfolio",
    "open_project",
    "plan_stages",
    "record_feedback",
    "set_approval_threshold",
]
