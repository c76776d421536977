"""The board of a past day: exactly what was known at its end, whatever has happened since."""

import random
from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from finance.models import BudgetLine, FiscalPeriod
from finance.services.budget import change_reservation, end_reservation, reserve
from finance.services.commitment import cancel_commitment, commit
from finance.services.journal import post_actual, reverse_entry
from finance.services.plan import (
    PlannedAmount,
    approve_version,
    draft_version,
    open_budget,
    plan_tranches,
    release_tranche,
)
from finance.then import sums_then
from outcomes.services import define_kpi, draft_contract, record_measurement, sign_contract
from portal.boards.facts import portfolio_facts
from portal.boards.listing import totals_of
from portal.boards.money import money_facts
from portal.boards.scope import Scope
from portal.boards.then import last_moment
from projects.models import Station
from projects.services import (
    add_milestone,
    assess_stage,
    end_project,
    enter_station,
    hold_project,
    plan_stages,
    record_feedback,
)


def seen_on(user, day):
    """Board and sums at the end of a day, as they are computed on that day from the sums that are kept."""
    facts = portfolio_facts(user, last_moment(day))
    return plain(facts)


def known_of(user, day):
    """The same, asked later."""
    facts = portfolio_facts(user, timezone.now(), day)
    assert facts.on == day
    return plain(facts)


def plain(facts):
    """Rows with what a person reads of them: models compare by key alone, so their fields stand beside them."""
    beside = [
        (
            row.project.title,
            row.project.station,
            row.project.status,
            row.project.due_on,
            row.last_job.state if row.last_job else "",
            row.value.is_hypothesis if row.value else None,
        )
        for row in facts.rows
    ]
    shown = {field.name: getattr(facts, field.name) for field in fields(facts) if field.name != "on"}
    return {**shown, "totals": totals_of(facts.rows, facts.currency), "beside": beside}


MONDAY = date(2026, 3, 2)


@pytest.fixture
def history(clock, tell, manager, engineer, finance_user):
    """Two projects told on a Monday: one signed, one a hypothesis."""
    clock(MONDAY)
    first, second = tell("ONE"), tell("HYP", signed=False)
    return first, second


def line_of(project, category="people"):
    return BudgetLine.objects.get(budget__project=project, category=category)


def spend(project, minor, number, at, by, **fields):
    return post_actual(
        line=line_of(project),
        amount_minor=minor,
        memo="Work",
        source="test",
        external_id=f"{project.key}-{number}",
        effective_on=at.date(),
        at=at,
        by=by,
        **fields,
    )


def test_a_day_reads_the_same_after_posting_reversing_measuring_signing_and_moving(
    history, clock, tell, manager, engineer, finance_user
):
    first, second = history
    at = clock(MONDAY, 15)
    entry = spend(first, 120_000, "old", at, finance_user)
    order = commit(
        line=line_of(first), amount_minor=300_000, supplier="Acme", memo="Labels", source="po", external_id="1",
        at=at, by=finance_user,
    )  # fmt: skip
    held = reserve(line=line_of(first), amount_minor=5_000, reference="job:x", at=at, by=engineer)
    add_milestone(project=first, title="First light", planned_on=MONDAY - timedelta(days=30), by=engineer)
    seen = seen_on(manager, MONDAY)

    at = clock(MONDAY + timedelta(days=1))
    reverse_entry(entry=entry, memo="Wrong project", effective_on=at.date(), at=at, by=finance_user)
    spend(first, 100_000, "new", at, finance_user, commitment=order)
    change_reservation(reservation=held, amount_minor=9_000, by=engineer)
    between = seen_on(manager, at.date())
    at = clock(MONDAY + timedelta(days=2))
    end_reservation(reservation=held, status="released", at=at)
    cancel_commitment(commitment=order, at=at, by=finance_user)
    sign_contract(contract=second.kpis.get().contracts.get(), by=finance_user, at=at)
    record_measurement(kpi=first.kpis.get(), value=3.1, measured_at=at - timedelta(days=3), by=engineer)
    enter_station(project=first, station=Station.DATA, on=at.date(), by=manager)
    end_project(project=second, status="killed", on=at.date(), by=manager)
    clock(MONDAY + timedelta(days=9))
    tell("NEW")

    assert known_of(manager, MONDAY) == seen
    assert known_of(manager, MONDAY + timedelta(days=1)) == between
    assert known_of(manager, MONDAY - timedelta(days=1))["rows"] == ()


def test_a_plan_reads_as_it_was_before_its_first_version_and_in_each(history, clock, manager, finance_user):
    first, _second = history
    budget = line_of(first).budget
    period = FiscalPeriod.objects.create(starts_on=date(2026, 3, 1), ends_on=date(2026, 4, 1), name="2026-03")
    seen = {MONDAY: seen_on(manager, MONDAY)}
    for number, minor in enumerate((9_500_000, 12_000_000), start=1):
        at = clock(MONDAY + timedelta(days=number))
        amounts = [
            PlannedAmount(period, category, Station.DATA, amount)
            for category, amount in (("people", minor), ("compute", 60_000), ("data", 1_000))
        ]
        version = draft_version(budget=budget, lines=amounts, reason="More", at=at, by=finance_user)
        approve_version(version=version, at=at, by=manager)
        seen[at.date()] = seen_on(manager, at.date())
    clock(MONDAY + timedelta(days=9))
    for day, board in seen.items():
        assert known_of(manager, day) == board


def test_a_budget_that_tranches_release_since_later_was_released_as_a_whole_then(
    history, clock, tell, manager, finance_user
):
    clock(MONDAY)
    budget = open_budget(project=history[0], name="Second", currency="EUR", at=timezone.now(), by=manager)
    period = FiscalPeriod.objects.create(starts_on=date(2026, 3, 1), ends_on=date(2026, 4, 1), name="2026-03")
    amounts = [PlannedAmount(period, "compute", Station.DATA, 1_000)]
    version = draft_version(budget=budget, lines=amounts, reason="More", at=timezone.now(), by=finance_user)
    approve_version(version=version, at=timezone.now(), by=manager)
    clock(MONDAY + timedelta(days=1))
    plan_tranches(budget=budget, tranches={Station.DATA: {"compute": 600}}, by=manager)
    at = clock(MONDAY + timedelta(days=2))
    release_tranche(tranche=budget.tranches.get(), reference="gate:1", at=at, by=manager)
    clock(MONDAY + timedelta(days=9))

    def released_on(day):
        return sums_then(budget.lines.all(), last_moment(day))[budget.lines.get().pk].released

    assert [released_on(MONDAY + timedelta(days=number)) for number in range(3)] == [1_000, 0, 600]


def test_what_was_defined_and_drafted_later_was_not_known(history, clock, manager, engineer, tell):
    first, _second = history
    seen = seen_on(manager, MONDAY)
    clock(MONDAY + timedelta(days=1))
    kpi = define_kpi(
        project=first,
        name="Complaints",
        unit="a week",
        direction="lower",
        baseline=9,
        target=2,
        owner=engineer,
        by=engineer,
    )
    for of in (kpi, first.kpis.first()):
        draft_contract(
            kpi=of, metric="test_accuracy", metric_baseline=0.5, sensitivity=-10, units_per_year=5_000,
            units_label="calls", worth_micro=9_000_000, currency="EUR", valid_from=date(2026, 1, 1), owner=engineer,
            by=engineer,
        )  # fmt: skip
    assert known_of(manager, MONDAY) == seen


@pytest.mark.parametrize("seed", range(3))
def test_any_day_of_a_random_history_reads_as_it_was_seen(seed, clock, tell, manager, engineer, finance_user):
    chance = random.Random(seed)
    clock(MONDAY)
    projects = [tell("AAA"), tell("BBB", signed=False)]
    entries, orders, held, seen = [], [], [], {}
    for step in range(8):
        day = MONDAY + timedelta(days=step)
        at = clock(day)
        for number in range(4):
            project, name = chance.choice(projects), f"{step}-{number}"
            line = line_of(project)
            act = chance.choice(("post", "invoice", "reverse", "order", "cancel", "hold", "free", "measure", "voice"))
            if act == "post":
                entries.append(spend(project, chance.randrange(1, 50_000), name, at, finance_user))
            elif act == "order":
                orders.append(
                    commit(
                        line=line,
                        amount_minor=chance.randrange(1, 90_000),
                        supplier="A",
                        memo="B",
                        source="po",
                        external_id=name,
                        at=at,
                        by=finance_user,
                    )
                )
            elif act == "invoice" and orders:
                order = chance.choice(orders)
                order.refresh_from_db()
                if order.status == "open":
                    amount = chance.randrange(1, order.open_minor + 1)
                    entries.append(spend(order.line.budget.project, amount, name, at, finance_user, commitment=order))
            elif act == "reverse" and entries:
                entry = entries.pop(chance.randrange(len(entries)))
                reverse_entry(entry=entry, memo="No", effective_on=day, at=at, by=finance_user)
            elif act == "cancel" and orders:
                order = orders.pop()
                order.refresh_from_db()
                if order.status == "open":
                    cancel_commitment(commitment=order, at=at, by=finance_user)
            elif act == "hold":
                held.append(reserve(line=line, amount_minor=700, reference=f"job:{name}", at=at, by=engineer))
            elif act == "free" and held:
                if chance.random() < 0.5:
                    change_reservation(reservation=held[-1], amount_minor=chance.randrange(1, 2_000), by=engineer)
                else:
                    end_reservation(reservation=held.pop(), status="relieved", at=at)
            elif act == "measure":
                record_measurement(kpi=project.kpis.get(), value=chance.uniform(2, 8), measured_at=at, by=engineer)
            elif act == "voice":
                record_feedback(project=project, score=3, text="So", source="A", received_at=at, by=engineer)
        if step == 2:
            plan_stages(project=projects[0], finishes={Station.DATA: day + timedelta(days=1)}, by=manager)
        if step == 3:
            enter_station(project=projects[0], station=Station.DATA, on=day, by=manager)
        if step == 5:
            hold_project(project=projects[1], on=day, by=manager)
        seen[day] = seen_on(manager, day)
    clock(MONDAY + timedelta(days=40))
    for day, board in seen.items():
        assert known_of(manager, day) == board


def test_a_past_board_asks_no_more_questions_for_many_projects(
    clock, tell, manager, sign_in, django_assert_max_num_queries
):
    clock(MONDAY)
    for number in range(2):
        tell(f"A{number}")
    clock(MONDAY + timedelta(days=5))
    client, address = sign_in(manager), reverse("portfolio") + f"?as_of={MONDAY.isoformat()}"
    with django_assert_max_num_queries(57) as few:
        client.get(address)
    clock(MONDAY)
    for number in range(6):
        tell(f"B{number}")
    clock(MONDAY + timedelta(days=5))
    with django_assert_max_num_queries(len(few)):
        assert client.get(address).status_code == 200


def test_the_page_of_a_past_day_says_so_and_leads_back(history, clock, sign_in, manager):
    clock(MONDAY + timedelta(days=1))
    page = sign_in(manager).get(reverse("portfolio"), {"as_of": "2026-03-02", "sort": "health"}).content.decode()
    assert "As of 2 Mar 2026:" in page
    assert 'href="/?sort=health"' in page
    assert "/explain/portfolio/value/?as_of=2026-03-02" in page
    assert "What needed somebody" in page


def test_what_needed_somebody_is_that_of_the_day(history, clock, sign_in, manager, finance_user):
    first, _second = history
    client, at = sign_in(manager), clock(MONDAY + timedelta(days=1))
    spend(first, 9_000_000, "too much", at, finance_user)
    assert "Over budget" in client.get(reverse("portfolio")).content.decode()
    assert "Over budget" not in client.get(reverse("portfolio"), {"as_of": "2026-03-02"}).content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [("2026-03-09", "is still to come"), ("yesterday", "is not a day"), ("2026-02-30", "is not a day"), ("\x00", "")],
)
@pytest.mark.parametrize("page", ["portfolio", "money"])
def test_a_day_that_cannot_be_shown_is_answered_in_words(page, typed, said, clock, sign_in, manager):
    clock(MONDAY)
    response = sign_in(manager).get(reverse(page), {"as_of": typed})
    assert response.status_code == (422 if said else 200)
    assert said in response.content.decode()


def test_today_named_is_the_board_of_today(clock, sign_in, manager):
    clock(MONDAY)
    assert "what was known then" not in sign_in(manager).get("/", {"as_of": "2026-03-02"}).content.decode()


def test_the_money_of_a_past_day_is_what_was_known(history, clock, sign_in, manager, finance_user):
    first, _second = history
    at = clock(MONDAY, 15)
    commit(
        line=line_of(first),
        amount_minor=300_000,
        supplier="A",
        memo="B",
        source="po",
        external_id="1",
        at=at,
        by=finance_user,
    )
    seen = money_facts(manager, Scope(), last_moment(MONDAY))
    at = clock(MONDAY + timedelta(days=3))
    spend(first, 9_000_000, "later", at, finance_user)
    assert (seen.sums.spent, len(seen.parts), seen.near) == (8_000_000, 1, ())
    assert replace(money_facts(manager, Scope(), at, MONDAY), on=None) == seen
    assert money_facts(manager, Scope(), at).near != ()
    client = sign_in(manager)
    for by in ("", "centre"):
        assert client.get(reverse("money"), {"as_of": "2026-03-02", "by": by}).status_code == 200
    for what in ("available", "spent"):
        page = client.get(reverse("money-explain", args=[what]), {"as_of": "2026-03-02"}).content.decode()
        assert "97,998.00" in page if what == "available" else "80,000.00" in page


def test_the_sums_of_a_past_board_explain_themselves_as_of_that_day(history, clock, sign_in, manager, finance_user):
    first, _second = history
    at = clock(MONDAY + timedelta(days=1))
    spend(first, 1_000_000, "later", at, finance_user)
    client = sign_in(manager)
    for what in ("value", "budget", "left", "plan", "machine"):
        page = client.get(reverse("explain-portfolio", args=[what]), {"as_of": "2026-03-02"}).content.decode()
        assert "50,000.00" not in page, what


def test_a_voice_that_is_recorded_later_is_no_part_of_the_day_on_which_it_was_heard(history, clock, manager, engineer):
    seen = portfolio_facts(manager, last_moment(MONDAY)).feedback
    record_feedback(project=history[0], score=1, text="No", source="Eva", received_at=clock(MONDAY, hour=9),
                    by=engineer)  # fmt: skip
    clock(MONDAY + timedelta(days=3))
    record_feedback(project=history[0], score=1, text="Never", source="Eva",
                    received_at=timezone.now() - timedelta(days=3), by=engineer)  # fmt: skip
    clock(MONDAY + timedelta(days=9))
    assert len(portfolio_facts(manager, timezone.now(), MONDAY).feedback) == len(seen) + 1
    assert len(portfolio_facts(manager, timezone.now()).feedback) == len(seen) + 2


def test_what_was_worth_after_risk_on_a_past_day_is_what_stages_and_cases_said_then(history, clock, manager):
    project = history[0]
    seen = portfolio_facts(manager, timezone.now()).prospects
    clock(MONDAY + timedelta(days=4))
    plan_stages(project=project, finishes={Station.DATA: MONDAY + timedelta(days=9)}, by=manager)
    assess_stage(stage=project.stages.get(station="data"), p_success_percent=50, cost_minor=None, by=manager)
    now = portfolio_facts(manager, timezone.now()).prospects
    assert (seen[project.pk].p_percent, now[project.pk].p_percent) == (100, 50)
    assert portfolio_facts(manager, timezone.now(), MONDAY).prospects == seen
