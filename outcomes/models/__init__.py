"""Where technical results meet money and decisions."""

from outcomes.models.benefit import Benefit, BenefitPlan, BenefitRealisation, BusinessCase, CashFlow
from outcomes.models.condition import ConditionFulfilment, GateCondition
from outcomes.models.contract import ValueContract
from outcomes.models.gate import EvidenceSnapshot, Gate, GateCriterion, GateDecision, GateReview
from outcomes.models.kpi import Kpi, KpiTarget, Measurement
from outcomes.models.objective import KeyResult, Objective
from outcomes.models.triage import FeedbackTriage

__all__ = [
    "Benefit",
    "BenefitPlan",
    "BenefitRealisation",
    "BusinessCase",
    "CashFlow",
    "ConditionFulfilment",
    "EvidenceSnapshot",
    "FeedbackTriage",
    "Gate",
    "GateCondition",
    "GateCriterion",
    "GateDecision",
    "GateReview",
    "KeyResult",
    "Kpi",
    "KpiTarget",
    "Measurement",
    "Objective",
    "ValueContract",
]
