"""Benefits are promised by month, realised by month, and a shortfall opens one demand with its evidence."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from outcomes.models import BenefitPlan, BenefitRealisation
from outcomes.services import change_benefit_plan, define_kpi, promise_benefit, realise_benefit
from outcomes.services.benefit import shortfall_of
from outcomes.shortfall import Realised, attributed, shortfall
from people.models import AuditEntry, Notice
from projects.models import Demand
from projects.services import open_project

AT = datetime(2026, 6, 15, 9, tzinfo=UTC)
MONTHS = [date(2026, month, 1) for month in range(1, 7)]
AMOUNT = st.integers(-(10**9), 10**9)


@pytest.fixture
def benefit(project, engineer):
    return promise_benefit(
        project=project, name="Hand sorting saved", kind="cashable", owner=engineer, currency="EUR",
        plan=dict.fromkeys(MONTHS, 100_000), at=AT, by=engineer,
    )  # fmt: skip


@pytest.fixture
def realise(benefit, engineer):
    def one(month, actual_minor, **fields):
        fields = {"at": AT, "by": engineer} | fields
        return realise_benefit(benefit=benefit, month=month, actual_minor=actual_minor, **fields)

    return one


def code_of(refusal, field=None):
    return refusal.value.error_dict[field][0].code if field else refusal.value.code


def test_a_promise_keeps_its_months_and_is_audited(benefit):
    assert benefit.plan.count() == 6
    assert AuditEntry.objects.get(verb="promise_benefit").detail["plan"]["2026-01-01"] == 100_000


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"plan": {}}, "plan", "empty_plan"),
        ({"plan": {date(2026, 1, 2): 5}}, "plan", "not_a_month"),
        ({"plan": {MONTHS[0]: -5}}, "plan", "wrong_sign"),
        ({"plan": {MONTHS[0]: 5}, "kind": "disbenefit"}, "plan", "wrong_sign"),
        ({"plan": {date(2000 + year, month, 1): 1 for year in range(21) for month in range(1, 13)}}, "plan",
         "too_many_months"),
        ({"tolerance_percent": 101}, "tolerance_percent", "max_value"),
        ({"kind": "hope"}, "kind", "invalid_choice"),
    ],
)  # fmt: skip
def test_an_unusable_promise_is_refused(project, engineer, changes, field, code):
    terms = {"project": project, "name": "X", "kind": "cashable", "owner": engineer, "currency": "EUR",
             "plan": {MONTHS[0]: 5}, "at": AT, "by": engineer}  # fmt: skip
    with pytest.raises(ValidationError) as refusal:
        promise_benefit(**terms | changes)
    assert code_of(refusal, field) == code


def test_kpi_and_contract_are_those_of_the_project(project, engineer, manager, department, contract):
    other = open_project(key="OTH", title="Other", portfolio=project.portfolio, sponsor=department, lead=engineer,
                         started_on=date(2026, 1, 1), by=manager)  # fmt: skip
    terms = {"name": "X", "kind": "cashable", "owner": engineer, "currency": "EUR", "plan": {MONTHS[0]: 5}, "at": AT,
             "by": engineer}  # fmt: skip
    for foreign in ({"kpi": contract.kpi}, {"contract": contract}):
        with pytest.raises(ValidationError) as refusal:
            promise_benefit(project=other, **foreign, **terms)
        assert code_of(refusal, *foreign) == "wrong_project"
    second = define_kpi(project=project, name="Second", unit="%", direction="lower", baseline=2, target=1,
                        owner=engineer, by=engineer)  # fmt: skip
    with pytest.raises(ValidationError) as refusal:
        promise_benefit(project=project, kpi=second, contract=contract, **terms)
    assert code_of(refusal, "contract") == "wrong_kpi"


def test_months_ahead_may_be_planned_anew(benefit, realise, engineer):
    realise(MONTHS[0], 100_000)
    change_benefit_plan(benefit=benefit, plan={MONTHS[5]: 50_000, date(2026, 7, 1): 60_000}, by=engineer)
    assert benefit.plan.get(month=MONTHS[5]).planned_minor == 50_000
    assert benefit.plan.count() == 7


def test_a_realised_month_keeps_its_promise(benefit, realise, engineer):
    realise(MONTHS[0], 100_000)
    with pytest.raises(ValidationError) as refusal:
        change_benefit_plan(benefit=benefit, plan={MONTHS[0]: 1, MONTHS[1]: 1}, by=engineer)
    assert code_of(refusal, "plan") == "month_realised"
    assert set(BenefitPlan.objects.values_list("planned_minor", flat=True)) == {100_000}


def test_a_month_that_has_not_begun_brings_nothing_yet(realise):
    with pytest.raises(ValidationError) as refusal:
        realise(date(2026, 7, 1), 5)
    assert code_of(refusal, "month") == "in_future"


def test_only_owner_finance_and_managers_say_what_came(realise, stranger, finance_user):
    with pytest.raises(ValidationError) as refusal:
        realise(MONTHS[0], 5, by=stranger)
    assert code_of(refusal) == "not_allowed"
    assert realise(MONTHS[0], 100_000, by=finance_user).pk


def test_a_realisation_is_never_changed(realise):
    row = realise(MONTHS[0], 100_000)
    with pytest.raises(DatabaseError), transaction.atomic():
        BenefitRealisation.objects.filter(pk=row.pk).update(actual_minor=1)


def test_within_the_tolerance_nothing_happens(benefit, realise):
    for month in MONTHS[:3]:
        realise(month, 80_000)
    assert shortfall_of(benefit) is None
    assert not Demand.objects.exists()


def test_a_shortfall_opens_one_demand_with_its_evidence(benefit, realise, project, engineer):
    for month in MONTHS[:3]:
        realise(month, 100_000)
    realise(MONTHS[3], 100_000, attributed_percent=39)
    demand = Demand.objects.get()
    assert (demand.reference, demand.origin, demand.improves, demand.status) == (
        f"benefit:{benefit.pk}", "benefit", project, "submitted",
    )  # fmt: skip
    assert demand.evidence == {
        "benefit": benefit.pk, "currency": "EUR", "months": ["2026-02-01", "2026-03-01", "2026-04-01"],
        "planned_minor": 300_000, "realised_minor": 239_000, "tolerance_percent": 20, "contract": None,
    }  # fmt: skip
    notice = Notice.objects.get()  # the owner leads the project: one notice
    assert (notice.user, notice.kind) == (engineer, "improvement")
    realise(MONTHS[4], 0)
    assert (Demand.objects.count(), Notice.objects.count()) == (1, 1)


def test_the_owner_and_the_lead_are_told(project, manager, engineer):
    benefit = promise_benefit(project=project, name="Calls saved", kind="cashable", owner=manager, currency="EUR",
                              plan={MONTHS[0]: 10_000}, at=AT, by=manager)  # fmt: skip
    realise_benefit(benefit=benefit, month=MONTHS[0], actual_minor=0, at=AT, by=manager)
    assert set(Notice.objects.values_list("user", flat=True)) == {manager.pk, engineer.pk}


def test_a_correction_counts_instead_of_what_it_corrects(benefit, realise):
    realise(MONTHS[0], 0)
    assert shortfall_of(benefit).missing_minor == 100_000
    realise(MONTHS[0], 100_000, at=AT.replace(hour=10))
    assert shortfall_of(benefit) is None
    assert benefit.realisations.count() == 2


def test_a_dearer_disbenefit_is_a_shortfall():
    plan, records = {MONTHS[0]: -100}, [Realised(MONTHS[0], -121, 100, AT)]
    assert shortfall(plan, records, 20).missing_minor == 21
    assert shortfall(plan, [Realised(MONTHS[0], -120, 100, AT)], 20) is None


@given(actual=AMOUNT, percent=st.integers(0, 100))
def test_what_is_owed_and_the_rest_make_the_whole(actual, percent):
    owed = attributed(actual, percent)
    assert abs(owed * 100 - actual * percent) < 100
    assert attributed(actual, 100) == actual
    assert attributed(actual, 0) == 0


@given(plan=st.lists(AMOUNT, min_size=1, max_size=6), actual=st.lists(AMOUNT, min_size=6, max_size=6),
       tolerance=st.integers(0, 100))  # fmt: skip
def test_a_shortfall_is_exactly_what_lies_beyond_the_tolerance(plan, actual, tolerance):
    months = MONTHS[: len(plan)]
    records = [Realised(month, amount, 100, AT) for month, amount in zip(months, actual, strict=False)]
    found = shortfall(dict(zip(months, plan, strict=True)), records, tolerance)
    planned, came = sum(plan[-3:]), sum(actual[: len(plan)][-3:])
    assert (found is not None) == (came < planned - abs(planned) * tolerance / 100)
    assert shortfall(dict(zip(months, plan, strict=True)), [], tolerance) is None
