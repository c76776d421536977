"""Demands, portfolios, programmes and projects on their stations, their plans, and the feedback that comes back."""

from projects.models.demand import Demand
from projects.models.feedback import Feedback, models_to_name
from projects.models.plan import Allocation, Dependency, Milestone, Risk
from projects.models.project import Horizon, Membership, Portfolio, Programme, Project, Stage, Station

__all__ = [
    "Allocation",
    "Demand",
    "Dependency",
    "Feedback",
    "Horizon",
    "Membership",
    "Milestone",
    "Portfolio",
    "Programme",
    "Project",
    "Risk",
    "Stage",
    "Station",
    "models_to_name",
]
