"""Verbs on KPIs, measurements and value contracts."""

from outcomes.services.contract import draft_contract, sign_contract
from outcomes.services.kpi import define_kpi
from outcomes.services.measurement import record_measurement

__all__ = ["define_kpi", "draft_contract", "record_measurement", "sign_contract"]
