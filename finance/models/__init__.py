"""Budgets and their plans, what is reserved, committed and spent against them, and every price."""

from finance.models.budget import Budget, BudgetLine, BudgetVersion, FundingTranche, PlanLine, TrancheLine
from finance.models.commitment import Commitment, Reservation
from finance.models.completion import StageCompletion
from finance.models.journal import JournalEntry, LedgerEntry, MonthSpend, RateAdjustment, TimeEntry
from finance.models.period import CostCentre, FiscalPeriod
from finance.models.rates import ExchangeRate, RateCard, RoleRate

__all__ = [
    "Budget",
    "BudgetLine",
    "BudgetVersion",
    "Commitment",
    "CostCentre",
    "ExchangeRate",
    "FiscalPeriod",
    "FundingTranche",
    "JournalEntry",
    "LedgerEntry",
    "MonthSpend",
    "PlanLine",
    "RateAdjustment",
    "RateCard",
    "Reservation",
    "RoleRate",
    "StageCompletion",
    "TimeEntry",
    "TrancheLine",
]
