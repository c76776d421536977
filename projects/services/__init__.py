"""Verbs on projects: demands, projects on their line, plans, people, and the feedback that comes back."""

from projects.services.demand import (
    accept_demand,
    change_demand,
    decide_demand,
    open_improvement,
    propose_demand,
    submit_demand,
)
from projects.services.feedback import record_feedback
from projects.services.people import allocate, end_allocation, free_people
from projects.services.plan import (
    add_dependency,
    add_milestone,
    add_risk,
    assess_stage,
    change_risk,
    close_risk,
    move_milestone,
    plan_stages,
    reach_milestone,
    remove_dependency,
    remove_milestone,
    set_forecast,
)
from projects.services.project import (
    end_project,
    enter_station,
    hold_project,
    open_portfolio,
    open_programme,
    open_project,
    place_project,
    resume_project,
    set_approval_threshold,
)
from projects.services.project_details import change_project

__all__ = [
    "accept_demand",
    "add_dependency",
    "add_milestone",
    "add_risk",
    "allocate",
    "assess_stage",
    "change_demand",
    "change_project",
    "change_risk",
    "close_risk",
    "decide_demand",
    "end_allocation",
    "end_project",
    "enter_station",
    "free_people",
    "hold_project",
    "move_milestone",
    "open_improvement",
    "open_portfolio",
    "open_programme",
    "open_project",
    "place_project",
    "plan_stages",
    "propose_demand",
    "reach_milestone",
    "record_feedback",
    "remove_dependency",
    "remove_milestone",
    "resume_project",
    "set_approval_threshold",
    "set_forecast",
    "submit_demand",
]
