"""Verbs on KPIs and their targets, measurements, value contracts, benefits, cases, objectives and feedback."""

from outcomes.services.benefit import change_benefit_plan, promise_benefit, realise_benefit
from outcomes.services.case import make_case
from outcomes.services.contract import draft_contract, sign_contract
from outcomes.services.earning import choose_earning_kpi
from outcomes.services.kpi import change_kpi, define_kpi
from outcomes.services.measurement import record_measurement, record_measurements
from outcomes.services.measurement_file import import_measurements
from outcomes.services.objective import add_key_result, open_objective
from outcomes.services.reminder import remind_owners, weigh_early_records
from outcomes.services.target import set_target
from outcomes.services.triage import triage_feedback, watch_feedback

__all__ = [
    "add_key_result",
    "change_benefit_plan",
    "change_kpi",
    "choose_earning_kpi",
    "define_kpi",
    "draft_contract",
    "import_measurements",
    "make_case",
    "open_objective",
    "promise_benefit",
    "realise_benefit",
    "record_measurement",
    "record_measurements",
    "remind_owners",
    "set_target",
    "sign_contract",
    "triage_feedback",
    "watch_feedback",
    "weigh_early_records",
]
