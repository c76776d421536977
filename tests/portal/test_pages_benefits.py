"""Pages of benefits: promised against realised in money, the records of one promise, and its shortfall."""

import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from finance.money import to_decimal
from outcomes.models import Benefit, BenefitRealisation, ValueContract
from outcomes.services import define_kpi, draft_contract, promise_benefit, realise_benefit
from outcomes.shortfall import attributed
from outcomes.value import best_run, net_minor
from portal.boards import unchanged
from portal.boards.benefits import by_month, latest_records, months_from, ordered, sums_of, with_sums
from portal.boards.charts.benefits import PromisedRealised, promised_realised
from portal.outcome_pages.benefit_forms import ramped
from portal.wording import money_minor
from projects.models import Demand


@pytest.fixture
def until():
    return timezone.localdate().replace(day=1)


@pytest.fixture
def benefit(project, engineer, until):
    return promise_benefit(
        project=project, name="Hand sorting saved", kind="cashable", owner=engineer, currency="EUR",
        plan={months_from(until, place): 100_000 for place in range(-3, 6)}, at=timezone.now(), by=engineer,
    )  # fmt: skip


@pytest.fixture
def contract(project, engineer):
    """Not signed: EUR 90,000 a year at an accuracy of 0.6."""
    kpi = define_kpi(project=project, name="Parcels misread", unit="%", direction="lower", baseline=4, target=1,
                     owner=engineer, by=engineer)  # fmt: skip
    return draft_contract(kpi=kpi, metric="test_accuracy", metric_baseline=0.5, sensitivity=-10, units_per_year=10_000,
                          units_label="parcels", worth_micro=9_000_000, currency="EUR", valid_from=date(2026, 1, 1),
                          owner=engineer, by=engineer)  # fmt: skip


@pytest.fixture
def realise(benefit, engineer, until):
    def one(months_ago, actual_minor, **fields):
        month = months_from(until, -months_ago)
        return realise_benefit(
            benefit=benefit, month=month, actual_minor=actual_minor, at=timezone.now(), by=engineer, **fields
        )

    return one


def promise(**changes):
    return {"name": "Fewer returns", "kind": "cashable", "currency": "EUR", "first_month": "2026-01", "months": "3",
            "amount": "1,000.50", "ramp": "2", "baseline": "", "tolerance_percent": "20", **changes}  # fmt: skip


def test_the_board_says_in_money_what_came_of_the_promises(sign_in, manager, realise):
    realise(2, 80_000)
    page = sign_in(manager).get(reverse("benefits")).content.decode()
    assert "EUR\u00a0800 of EUR\u00a03,000 (27%)" in page
    assert "Hand sorting saved" in page


def test_an_empty_board_says_what_would_be_there(sign_in, manager):
    page = sign_in(manager).get(reverse("benefits"))
    assert page.status_code == 200
    assert "Nobody has promised a benefit yet" in page.content.decode()


def test_a_shortfall_is_said_in_words_and_leads_to_its_demand(sign_in, manager, realise, benefit):
    for months_ago in (3, 2, 1):
        realise(months_ago, 10_000)
    board = sign_in(manager).get(reverse("benefits")).content.decode()
    assert "Below its promise" in board
    assert "One improvement demand waits for a decision" in board
    assert "See the improvement demand" in sign_in(manager).get(benefit.get_absolute_url()).content.decode()


def test_a_stranger_sees_no_benefit_and_no_sum(sign_in, stranger, benefit, realise):
    realise(2, 80_000)
    client = sign_in(stranger)
    assert "Hand sorting" not in client.get(reverse("benefits")).content.decode()
    assert client.get(benefit.get_absolute_url()).status_code == 404
    assert client.post(reverse("benefit-realise", args=[benefit.pk])).status_code == 404
    assert b"Hand sorting" not in client.get(reverse("benefits-export")).content


def test_an_owner_from_the_business_sees_his_benefit_and_not_its_project(sign_in, stranger, benefit, contract, until):
    Benefit.objects.update(owner=stranger, kpi=contract.kpi, contract=contract)
    client, page = sign_in(stranger), benefit.get_absolute_url()
    board = client.get(reverse("benefits")).content.decode()
    assert "Hand sorting" in board
    seen = client.get(page).content.decode()
    assert "What did a month bring?" in seen
    project = benefit.project.get_absolute_url()
    assert client.get(project).status_code == 404
    for answer in (board, seen, client.get(reverse("benefit-plan", args=[benefit.pk])).content.decode()):
        assert f'href="{project}' not in answer
        assert f'href="{contract.kpi.get_absolute_url()}' not in answer
        assert reverse("explain", args=["value", contract.pk]) not in answer
    explained = client.get(reverse("explain", args=["benefit", benefit.pk])).content.decode()
    assert benefit.project.title in explained
    assert f'href="{project}' not in explained
    typed = {"month": f"{months_from(until, -1):%Y-%m}", "actual": "500", "attributed_percent": "100"}
    assert client.post(reverse("benefit-realise", args=[benefit.pk]), typed).status_code == 302


def test_a_viewer_records_nothing_not_even_of_what_he_owns(sign_in, viewer, benefit, until):
    Benefit.objects.update(owner=viewer)
    typed = {"month": f"{months_from(until, -1):%Y-%m}", "actual": "500", "attributed_percent": "100"}
    client = sign_in(viewer)
    assert "What did a month bring?" not in client.get(benefit.get_absolute_url()).content.decode()
    for name in ("benefit-realise", "benefit-plan"):
        answer = client.post(reverse(name, args=[benefit.pk]), typed)
        assert answer.status_code == 403
        assert "Viewers look and do not write" in answer.content.decode()
    assert not BenefitRealisation.objects.exists()


def test_only_people_who_write_are_offered_as_owners(sign_in, engineer, viewer, stranger, project):
    page = sign_in(engineer).get(reverse("benefit-new", args=["TRI"]))
    offered = set(page.context["form"].fields["owner"].queryset)
    assert {engineer, stranger} <= offered
    assert viewer not in offered


@pytest.mark.parametrize(
    ("reported", "words"),
    [((), "Nothing recorded"), ((3,), "Not reported since"), ((3, 1), "One month not reported"), ((2,), "Not reported"),
     ((3, 2, 1), "Keeps its promise"), ((3, 2, 0), "Not reported since"), ((0,), "Nothing recorded")],
)  # fmt: skip
def test_silence_keeps_no_promise(sign_in, engineer, benefit, realise, reported, words):
    for months_ago in reported:
        realise(months_ago, 100_000)
    client = sign_in(engineer)
    assert words in client.get(benefit.get_absolute_url()).content.decode()
    assert words in client.get(reverse("benefits")).content.decode()


def test_a_little_less_than_promised_is_within_the_tolerance_and_says_so(sign_in, engineer, benefit, realise):
    for months_ago in (3, 2, 1):
        realise(months_ago, 90_000)
    assert "Within its tolerance of 20%" in sign_in(engineer).get(benefit.get_absolute_url()).content.decode()


def test_the_board_counts_the_promised_months_that_nobody_reported(sign_in, engineer, benefit, realise):
    for count, months_ago in (
        ("Three promised months are", 0),
        ("Two promised months are", 2),
        ("One promised month is", 3),
    ):
        realise(months_ago, 100_000)
        unchanged.forget()
        assert f"{count} not reported." in sign_in(engineer).get(reverse("benefits")).content.decode()
    realise(1, 100_000)
    unchanged.forget()
    assert "not reported" not in sign_in(engineer).get(reverse("benefits")).content.decode()


def test_one_weak_month_opens_nothing_and_the_third_does(sign_in, engineer, benefit, until):
    client, address = sign_in(engineer), reverse("benefit-realise", args=[benefit.pk])
    for months_ago, demands in ((3, 0), (2, 0), (1, 1)):
        typed = {"month": f"{months_from(until, -months_ago):%Y-%m}", "actual": "1", "attributed_percent": "100"}
        assert client.post(address, typed).status_code == 302
        assert Demand.objects.count() == demands


def test_the_form_begins_with_the_oldest_month_that_waits_and_never_with_the_running_one(
    sign_in, engineer, benefit, realise, until
):
    client = sign_in(engineer)
    form = client.get(benefit.get_absolute_url()).context["form"]
    assert form["month"].value() == months_from(until, -3)
    for months_ago in (3, 2, 1):
        realise(months_ago, 100_000)
    assert client.get(benefit.get_absolute_url()).context["form"]["month"].value() is None


@pytest.mark.parametrize(("actual", "percent"), [(101, 50), (99, 50), (-101, 50), (-1, 33), (7, 67), (0, 100)])
def test_the_database_rounds_the_share_owed_as_the_ledger_does(realise, actual, percent):
    realise(1, actual, attributed_percent=percent)
    assert latest_records().get().attributed_minor == attributed(actual, percent)


def test_a_correction_counts_instead_of_what_it_corrects(realise, until):
    realise(1, 50_000)
    realise(1, 70_000)
    found = Benefit.objects.all()
    (sums,) = sums_of(found, until)
    assert (sums.promised_minor, sums.realised_minor) == (300_000, 70_000)
    assert with_sums(found, until).get().realised_minor == 70_000
    assert by_month(found, "EUR", until).realised == ((months_from(until, -1), 70_000),)


def test_the_running_month_does_not_count_to_date(realise, until):
    realise(0, 90_000)
    (sums,) = sums_of(Benefit.objects.all(), until)
    assert (sums.promised_minor, sums.realised_minor) == (300_000, 0)


def test_benefits_are_ordered_in_sql_and_those_without_a_share_come_last(project, engineer, benefit, realise, until):
    realise(1, 70_000)
    later = promise_benefit(
        project=project, name="Ahead", kind="cashable", owner=engineer, currency="EUR", plan={until: 5},
        at=timezone.now(), by=engineer,
    )  # fmt: skip
    rows = with_sums(Benefit.objects.all(), until)
    assert list(ordered(rows, "-share")) == [benefit, later]
    assert list(ordered(rows, "share")) == [benefit, later]
    assert list(ordered(rows, "nonsense")) == [benefit, later]


def test_the_list_asks_no_more_questions_with_more_benefits(
    sign_in, manager, project, engineer, benefit, until, django_assert_max_num_queries
):
    for number in range(12):
        promise_benefit(project=project, name=f"Benefit {number}", kind="cashable", owner=engineer, currency="EUR",
                        plan={until: 5}, at=timezone.now(), by=engineer)  # fmt: skip
    client = sign_in(manager)
    with django_assert_max_num_queries(32):
        client.get(reverse("benefits"))


def test_filters_narrow_the_list_and_its_sums(sign_in, manager, benefit):
    client = sign_in(manager)
    assert "No benefit fits" in client.get(reverse("benefits"), {"project": "NOT"}).content.decode()
    assert (
        "No benefit of this project"
        in client.get(reverse("benefits"), {"project": "TRI", "kind": "disbenefit"}).content.decode()
    )
    assert "Hand sorting" in client.get(reverse("benefits"), {"project": "tri", "portfolio": "x"}).content.decode()


def test_what_is_typed_into_the_filters_is_not_kept(sign_in, manager, benefit):
    client = sign_in(manager)
    for query in ("q=one", "q=two", "project=TRI", "project=NO", "kind=none", "portfolio=999999", "portfolio=x"):
        assert client.get(f"{reverse('benefits')}?{query}").status_code == 200
    assert not unchanged._kept
    portfolio = benefit.project.portfolio_id
    for query in ("", "kind=cashable", f"portfolio={portfolio}", f"portfolio={portfolio}&kind=cashable"):
        client.get(f"{reverse('benefits')}?{query}")
    assert len(unchanged._kept) == 4


def test_a_csv_cell_never_becomes_a_formula(sign_in, manager, benefit):
    Benefit.objects.update(name="=1+1")
    text = sign_in(manager).get(reverse("benefits-export")).content.decode()
    assert "'=1+1" in text
    assert "3000.00" in text


def test_a_benefit_is_promised_with_a_ramp(sign_in, engineer, project):
    answer = sign_in(engineer).post(reverse("benefit-new", args=["TRI"]), promise(owner=engineer.pk))
    assert answer.status_code == 302
    assert dict(Benefit.objects.get().plan.values_list("month", "planned_minor")) == {
        date(2026, 1, 1): 50_025, date(2026, 2, 1): 100_050, date(2026, 3, 1): 100_050,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "mend"),
    [
        ({"amount": "much"}, "is not an amount"),
        ({"amount": "1234,50"}, "Write it like 1234.50"),
        ({"amount": "1 0 0"}, "Write it like 1234.50"),
        ({"amount": "1.005"}, "more digits than EUR knows"),
        ({"amount": "-5"}, "write 2026-01 as zero or more, or call it a disbenefit"),
        ({"first_month": "9999-12"}, "9999-12 is out of reach. Choose months from 2000-01 to 2100-12."),
        ({"first_month": "0999-12"}, "0999-12 is out of reach"),
        ({"first_month": "9999-10", "months": "200"}, "9999-10 is out of reach"),
        ({"first_month": "2100-10", "months": "200"}, "2101-01 is out of reach"),
        ({"first_month": "soon"}, "This is not a month"),
        ({"months": "0"}, "greater than or equal to 1"),
        ({"ramp": "9"}, "Take fewer months"),
        ({"currency": "euro"}, "three capital letters"),
        ({"name": ""}, "Missing. Fill it in."),
    ],
)
def test_a_promise_that_cannot_be_comes_back_with_the_mend(sign_in, engineer, project, changes, mend):
    typed = promise(owner=engineer.pk, **changes)
    page = sign_in(engineer).post(reverse("benefit-new", args=["TRI"]), typed)
    assert page.status_code == 422
    assert mend in page.content.decode()
    assert not Benefit.objects.exists()


def test_promises_beyond_their_contract_are_warned_of_and_not_refused(sign_in, told):
    contract = ValueContract.objects.get()
    net = net_minor(contract, best_run(contract).metrics[contract.metric])
    client, address = sign_in(told.lead), reverse("benefit-new", args=["TRI"])
    assert "a year; it is worth" not in client.get(address).content.decode()
    month = str(to_decimal(net // 12, contract.currency))
    typed = promise(owner=told.lead_id, contract=contract.pk, months="24", ramp="0", amount=month)
    page = client.post(address, typed, follow=True).content.decode()
    assert "Plan some of them anew" not in page
    form = client.get(address).content.decode()
    assert f"a year; it is worth {money_minor(net, contract.currency)} net." in form
    assert "nothing to rest on" not in form
    page = client.post(address, typed | {"name": "The same again"}, follow=True).content.decode()
    assert Benefit.objects.count() == 2
    assert "Plan some of them anew" in page
    assert "nothing to rest on" in client.get(address).content.decode()


def test_a_promise_in_another_currency_than_its_contract_is_told_at_the_currency(sign_in, engineer, contract):
    typed = promise(owner=engineer.pk, contract=contract.pk, currency="USD")
    page = sign_in(engineer).post(reverse("benefit-new", args=["TRI"]), typed)
    assert page.status_code == 422
    assert "Promise in EUR, or choose another contract." in page.context["form"].errors["currency"][0]


def dangling(page):
    """The descriptions that fields name and the page does not have."""
    text = page.content.decode()
    named = {word for names in re.findall(r'aria-describedby="([^"]*)"', text) for word in names.split()}
    return {name for name in named if f'id="{name}"' not in text}


def test_what_describes_a_field_stands_on_the_page(sign_in, engineer, benefit):
    client, bad = sign_in(engineer), {"first_month": "x", "month": "x", "amount": "x", "actual": "x"}
    pages = [client.post(reverse(name, args=[key]), bad) for name, key in
             (("benefit-new", "TRI"), ("benefit-plan", benefit.pk), ("benefit-realise", benefit.pk))]  # fmt: skip
    flows = {
        "flows-TOTAL_FORMS": "1",
        "flows-INITIAL_FORMS": "0",
        "flows-0-cost": "1234,50",
        "flows-0-probability": "x",
    }
    pages.append(client.post(reverse("case", args=["TRI"]), flows))
    for page in pages:
        assert page.status_code == 422
        assert "_error" in page.content.decode()
        assert not dangling(page)
    assert 'id="id_flows-0-cost_error"' in pages[-1].content.decode()


def test_a_viewer_promises_nothing(sign_in, viewer, project):
    assert sign_in(viewer).get(reverse("benefit-new", args=["TRI"])).status_code == 403


def test_the_owner_records_a_month_and_a_slip_is_shown_back(sign_in, engineer, benefit, until):
    client, address = sign_in(engineer), reverse("benefit-realise", args=[benefit.pk])
    typed = {"month": f"{months_from(until, -1):%Y-%m}", "actual": "12x", "attributed_percent": "80", "note": "SAP"}
    page = client.post(address, typed)
    assert page.status_code == 422
    assert "12x" in page.content.decode()
    assert client.post(address, typed | {"actual": "500"}).status_code == 302
    record = BenefitRealisation.objects.get()
    assert (record.actual_minor, record.attributed_percent) == (50_000, 80)
    assert "EUR\u00a0400.00" in client.get(benefit.get_absolute_url()).content.decode()


def test_a_month_that_has_not_begun_is_not_recorded(sign_in, engineer, benefit, until):
    typed = {"month": f"{months_from(until, 2):%Y-%m}", "actual": "5", "attributed_percent": "100"}
    page = sign_in(engineer).post(reverse("benefit-realise", args=[benefit.pk]), typed)
    assert page.status_code == 422
    assert "has not begun" in page.content.decode()


@pytest.mark.parametrize("month", ["9999-12", "1066-10"])
def test_a_month_out_of_reach_is_not_recorded(sign_in, engineer, benefit, month):
    typed = {"month": month, "actual": "5", "attributed_percent": "100"}
    page = sign_in(engineer).post(reverse("benefit-realise", args=[benefit.pk]), typed)
    assert page.status_code == 422
    assert "out of reach" in page.context["form"].errors["month"][0]


def test_a_slip_of_the_sign_is_no_income(sign_in, engineer, benefit, until):
    Benefit.objects.update(kind="disbenefit")
    typed = {"month": f"{months_from(until, -1):%Y-%m}", "actual": "880", "attributed_percent": "100"}
    page = sign_in(engineer).post(reverse("benefit-realise", args=[benefit.pk]), typed)
    assert page.status_code == 422
    assert f"write {months_from(until, -1):%Y-%m} as zero or less" in page.context["form"].errors["actual"][0]


def test_only_owner_finance_or_managers_say_what_came(sign_in, viewer, benefit):
    client = sign_in(viewer)
    assert "What did a month bring?" not in client.get(benefit.get_absolute_url()).content.decode()
    assert client.post(reverse("benefit-realise", args=[benefit.pk])).status_code == 403


def test_months_ahead_are_planned_anew_and_the_others_keep_their_promise(sign_in, engineer, benefit, realise, until):
    realise(3, 100_000)
    client, address = sign_in(engineer), reverse("benefit-plan", args=[benefit.pk])
    first = months_from(until, -2)
    page = client.get(address).content.decode()
    assert "8 months can be planned anew" in page
    assert f'value="{first:%Y-%m}"' in page
    assert 'value="1000.00"' in page
    typed = {"first_month": f"{until:%Y-%m}", "months": "2", "amount": "700"}
    assert client.post(address, typed).url == benefit.get_absolute_url()
    plan = dict(benefit.plan.values_list("month", "planned_minor"))
    assert [plan[months_from(until, place)] for place in (-3, -1, 0, 1, 2)] == [
        100_000, 100_000, 70_000, 70_000, 100_000,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("months_ago", "changes", "field", "mend"),
    [
        (3, {}, "first_month", "has been realised, so its promise stays"),
        (2, {"amount": "x"}, "amount", "is not an amount"),
        (2, {"amount": "-1"}, "amount", "call it a disbenefit"),
        (2, {"months": "0"}, "months", "greater than or equal to 1"),
        (2, {"months": "240"}, "months", "at most 240 months"),
        (2, {"first_month": "9999-12"}, "first_month", "9999-12 is out of reach"),
        (2, {"first_month": "2100-12"}, "months", "2101-01 is out of reach"),
    ],
)
def test_a_plan_that_cannot_be_changes_nothing(
    sign_in, engineer, benefit, realise, until, months_ago, changes, field, mend
):  # fmt: skip
    realise(3, 100_000)
    typed = {"first_month": f"{months_from(until, -months_ago):%Y-%m}", "months": "2", "amount": "700", **changes}
    page = sign_in(engineer).post(reverse("benefit-plan", args=[benefit.pk]), typed)
    assert page.status_code == 422
    assert mend in page.context["form"].errors[field][0]
    assert not page.context["form"].non_field_errors()
    assert set(benefit.plan.values_list("planned_minor", flat=True)) == {100_000}


def test_whoever_only_looks_plans_no_benefit_anew(sign_in, viewer, benefit):
    client = sign_in(viewer)
    assert reverse("benefit-plan", args=[benefit.pk]) not in client.get(benefit.get_absolute_url()).content.decode()
    assert client.post(reverse("benefit-plan", args=[benefit.pk])).status_code == 403


def test_a_ramp_grows_in_equal_steps():
    assert list(ramped(date(2026, 11, 1), 4, 900, 3).values()) == [300, 600, 900, 900]
    assert list(ramped(date(2026, 11, 1), 2, -900, 0)) == [date(2026, 11, 1), date(2026, 12, 1)]


def test_the_chart_names_both_lines_apart():
    month = "2026-01-01"
    figure = promised_realised(PromisedRealised(((month, 10.0),), ((month, 10.0),), "EUR"))
    heights = [word.y for word in figure.layout.annotations if word.text in {"Promised", "Realised"}]
    assert heights[0] != heights[1]
    assert figure.data[0].line.dash == "dot"
    assert promised_realised(PromisedRealised((), (), "EUR")).data
