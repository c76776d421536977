"""Benefits are promised by month, realised by month, and a shortfall opens one demand with its evidence."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from outcomes.models import Benefit, BenefitPlan, BenefitRealisation
from outcomes.services import change_benefit_plan, define_kpi, promise_benefit, realise_benefit
from outcomes.services.shortfall import demands_of, shortfall_of
from outcomes.shortfall import Realised, attributed, held_months, shortfall
from people.models import AuditEntry, Notice
from projects.models import Demand, Project
from projects.services import decide_demand, open_improvement, open_project

AT = datetime(2026, 6, 15, 9, tzinfo=UTC)
MONTHS = [date(2026, month, 1) for month in range(1, 7)]
JUNE = MONTHS[5]  # runs at that moment
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
        ({"plan": {date(9999, 12, 1): 5}}, "plan", "month_out_of_reach"),
        ({"plan": {date(1999, 12, 1): 5}}, "plan", "month_out_of_reach"),
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


def test_a_promise_counts_in_the_currency_of_its_contract(project, engineer, contract):
    with pytest.raises(ValidationError, match=r"counts in EUR\. Promise in EUR") as refusal:
        promise_benefit(project=project, contract=contract, name="X", kind="cashable", owner=engineer, currency="USD",
                        plan={MONTHS[0]: 5}, at=AT, by=engineer)  # fmt: skip
    assert code_of(refusal, "currency") == "other_currency"


def test_who_only_looks_owns_no_benefit(project, engineer, viewer):
    with pytest.raises(ValidationError, match="Choose somebody who records") as refusal:
        promise_benefit(project=project, name="X", kind="cashable", owner=viewer, currency="EUR", plan={MONTHS[0]: 5},
                        at=AT, by=engineer)  # fmt: skip
    assert code_of(refusal, "owner") == "only_looks"


def test_who_only_looks_says_of_nothing_what_it_brought_not_even_of_his_own(benefit, realise, engineer):
    type(engineer).objects.filter(pk=engineer.pk).update(role="viewer")
    engineer.refresh_from_db()
    with pytest.raises(ValidationError) as refusal:
        realise(MONTHS[0], 5)
    assert code_of(refusal) == "not_allowed"


def test_an_owner_outside_of_the_team_sees_his_benefit_and_records_it(project, manager, stranger):
    mine, other = (
        promise_benefit(project=project, name=name, kind="cashable", owner=owner, currency="EUR", plan={MONTHS[0]: 5},
                        at=AT, by=manager)
        for name, owner in (("Mine", stranger), ("Other", manager))
    )  # fmt: skip
    assert list(Benefit.objects.visible_to(stranger)) == [mine]
    assert not Project.objects.visible_to(stranger).exists()
    assert realise_benefit(benefit=mine, month=MONTHS[0], actual_minor=5, at=AT, by=stranger).pk
    with pytest.raises(ValidationError) as refusal:
        realise_benefit(benefit=other, month=MONTHS[0], actual_minor=5, at=AT, by=stranger)
    assert code_of(refusal) == "not_allowed"


def test_a_member_who_owns_sees_his_benefit_once(benefit, engineer, viewer):
    assert list(Benefit.objects.visible_to(engineer)) == list(Benefit.objects.visible_to(viewer)) == [benefit]


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


def test_a_disbenefit_brings_nothing(project, engineer):
    benefit = promise_benefit(project=project, name="X", kind="disbenefit", owner=engineer, currency="EUR",
                              plan={MONTHS[0]: -1}, at=AT, by=engineer)  # fmt: skip
    with pytest.raises(ValidationError, match="write 2026-01 as zero or less") as refusal:
        realise_benefit(benefit=benefit, month=MONTHS[0], actual_minor=1, at=AT, by=engineer)
    assert code_of(refusal, "actual") == "wrong_sign"
    assert realise_benefit(benefit=benefit, month=MONTHS[0], actual_minor=0, at=AT, by=engineer).pk


def test_a_month_may_bring_less_than_before_the_project(realise):
    assert realise(MONTHS[0], -500).actual_minor == -500


def test_a_month_that_nobody_remembers_brings_nothing(realise):
    with pytest.raises(ValidationError) as refusal:
        realise(date(1066, 10, 1), 5)
    assert code_of(refusal, "month") == "month_out_of_reach"


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
    assert shortfall_of(benefit, until=JUNE) is None
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


def test_one_weak_month_is_weather(benefit, realise):
    realise(MONTHS[0], 0)  # four others are over and not reported
    realise(MONTHS[1], 100_000)
    assert not Demand.objects.exists()
    realise(MONTHS[2], 139_999)
    assert Demand.objects.get().evidence["realised_minor"] == 239_999


def test_the_running_month_is_held_against_nothing(benefit, realise):
    for month in (*MONTHS[2:5], JUNE):
        realise(month, 100_000 if month < JUNE else 0)
    assert shortfall_of(benefit, until=JUNE) is None
    assert not Demand.objects.exists()
    assert shortfall_of(benefit, until=date(2026, 7, 1)).missing_minor == 100_000


@pytest.mark.parametrize(("promised", "reported", "opens"), [(1, 1, True), (2, 1, False), (2, 2, True), (3, 2, False),
                                                             (3, 3, True)])  # fmt: skip
def test_before_three_months_were_promised_all_of_them_are_held(project, engineer, promised, reported, opens):
    benefit = promise_benefit(project=project, name="Young", kind="cashable", owner=engineer, currency="EUR",
                              plan=dict.fromkeys(MONTHS[5 - promised :], 100), at=AT, by=engineer)  # fmt: skip
    for month in MONTHS[5 - promised :][:reported]:
        realise_benefit(benefit=benefit, month=month, actual_minor=0, at=AT, by=engineer)
    assert Demand.objects.exists() is opens


def test_a_month_that_was_not_promised_is_held_against_nothing(realise, benefit):
    for month in (date(2025, 12, 1), *MONTHS[:2]):
        realise(month, 0)
    assert not Demand.objects.exists()


def test_after_a_decision_three_later_months_open_a_demand_with_a_number(benefit, realise, engineer, manager):
    change_benefit_plan(benefit=benefit, plan={date(2026, month, 1): 100_000 for month in range(7, 13)}, by=engineer)
    for month in MONTHS[:3]:
        realise(month, 0)
    later = AT.replace(month=12)
    first = Demand.objects.get()
    for month in MONTHS[3:]:  # nobody has decided
        realise(month, 0, at=later)
    assert Demand.objects.count() == 1
    decide_demand(demand=first, status="rejected", note="No.", at=AT.replace(month=7), by=manager)
    for month in (7, 8, 9):  # the month of the decision is not after it
        realise(date(2026, month, 1), 0, at=later)
        assert Demand.objects.count() == 1
    realise(date(2026, 10, 1), 0, at=later)
    second = demands_of(benefit).first()
    assert (second.reference, demands_of(benefit).last()) == (f"benefit:{benefit.pk}:2", first)
    assert second.evidence["months"] == ["2026-08-01", "2026-09-01", "2026-10-01"]
    realise(date(2026, 11, 1), 0, at=later)
    assert demands_of(benefit).count() == 2


def test_the_demands_of_a_benefit_are_not_those_of_one_whose_number_begins_alike(benefit, project, department):
    for reference in (f"benefit:{benefit.pk}0", f"benefit:{benefit.pk}:2", f"benefit:{benefit.pk}"):
        open_improvement(title=reference, problem="Short", department=department, improves=project, origin="benefit",
                         reference=reference, evidence={}, at=AT)  # fmt: skip
    assert {demand.reference for demand in demands_of(benefit)} == {f"benefit:{benefit.pk}", f"benefit:{benefit.pk}:2"}


def test_an_owner_outside_of_the_team_is_led_to_what_he_sees(project, manager, stranger):
    benefit = promise_benefit(project=project, name="Calls saved", kind="cashable", owner=stranger, currency="EUR",
                              plan={MONTHS[0]: 10_000}, at=AT, by=manager)  # fmt: skip
    realise_benefit(benefit=benefit, month=MONTHS[0], actual_minor=0, at=AT, by=stranger)
    assert dict(Notice.objects.values_list("user", "url")) == {
        stranger.pk: benefit.get_absolute_url(), project.lead_id: Demand.objects.get().get_absolute_url(),
    }  # fmt: skip


def test_the_owner_and_the_lead_are_told(project, manager, engineer):
    benefit = promise_benefit(project=project, name="Calls saved", kind="cashable", owner=manager, currency="EUR",
                              plan={MONTHS[0]: 10_000}, at=AT, by=manager)  # fmt: skip
    realise_benefit(benefit=benefit, month=MONTHS[0], actual_minor=0, at=AT, by=manager)
    assert set(Notice.objects.values_list("user", flat=True)) == {manager.pk, engineer.pk}


def test_a_correction_counts_instead_of_what_it_corrects(benefit, realise):
    for month in MONTHS[:3]:
        realise(month, 0)
    assert shortfall_of(benefit, until=JUNE).missing_minor == 300_000
    realise(MONTHS[0], 300_000, at=AT.replace(hour=10))
    assert shortfall_of(benefit, until=JUNE) is None
    assert benefit.realisations.count() == 4


def test_a_dearer_disbenefit_is_a_shortfall():
    plan, records = {MONTHS[0]: -100}, [Realised(MONTHS[0], -121, 100, AT)]
    assert shortfall(plan, records, 20, until=JUNE).missing_minor == 21
    assert shortfall(plan, [Realised(MONTHS[0], -120, 100, AT)], 20, until=JUNE) is None


@given(actual=AMOUNT, percent=st.integers(0, 100))
def test_what_is_owed_and_the_rest_make_the_whole(actual, percent):
    owed = attributed(actual, percent)
    assert abs(owed * 100 - actual * percent) < 100
    assert attributed(actual, 100) == actual
    assert attributed(actual, 0) == 0


@given(plan=st.lists(AMOUNT, min_size=1, max_size=6), actual=st.lists(AMOUNT, min_size=6, max_size=6),
       tolerance=st.integers(0, 100), over=st.integers(0, 6))  # fmt: skip
def test_a_shortfall_is_exactly_what_lies_beyond_the_tolerance(plan, actual, tolerance, over):
    months, until = MONTHS[: len(plan)], [*MONTHS, date(2026, 7, 1)][over]
    records = [Realised(month, amount, 100, AT) for month, amount in zip(months, actual, strict=False)]
    found = shortfall(dict(zip(months, plan, strict=True)), records, tolerance, until=until)
    planned, came = sum(plan[:over][-3:]), sum(actual[: len(plan)][:over][-3:])
    assert (found is not None) == (came < planned - abs(planned) * tolerance / 100)
    assert shortfall(dict(zip(months, plan, strict=True)), [], tolerance, until=until) is None


@given(plan=st.sets(st.sampled_from(MONTHS)), reported=st.sets(st.sampled_from(MONTHS)), until=st.sampled_from(MONTHS),
       since=st.none() | st.sampled_from(MONTHS))  # fmt: skip
def test_what_is_held_is_promised_over_reported_and_never_one_weak_month_of_several(plan, reported, until, since):
    held = held_months(plan, reported, until=until, since=since)
    over = {month for month in plan if month < until}
    assert set(held) <= over & reported
    assert len(held) in ({0, 3} if since or len(over) > 2 else {0, len(over)})
    assert since is None or all(month > since for month in held)
    assert all(month in held for month in over & reported if held and month > held[0])
