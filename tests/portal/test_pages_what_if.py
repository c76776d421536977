"""The page that weighs the portfolio as it is, as asked, and as it would be best."""

import re

import pytest
from django.utils import timezone
from django.utils.html import strip_tags

from outcomes.appraisal import Flow
from outcomes.services import make_case
from portal.boards.benefits import months_from
from portal.wording import money_minor
from projects.models import Project, Stage, Station


def plan_in(project, *, months):
    """A project that has not come to its deployment and plans it so many months from now."""
    Project.objects.filter(pk=project.pk).update(station=Station.TRAINING)
    day = months_from(timezone.localdate(), months)
    Stage.objects.update_or_create(
        project=project, station=Station.DEPLOYMENT, defaults={"planned_start": None, "planned_finish": day}
    )


def sums(page):
    """Name, projects and still-to-spend of each portfolio in the table of three."""
    table = page[page.index('id="three"') : page.index('id="options"')]
    rows = re.findall(r"<tr><td>(.*?)</td><td class=\"n\">(\d+)</td>.*?</b></td><td class=\"n\">(.*?)</td>", table)
    rows = [(name, count, strip_tags(left)) for name, count, left in rows]
    return {name: (int(count), left.replace("\u00a0", " ")) for name, count, left in rows}


def test_without_a_valued_project_the_page_says_what_it_could_weigh(sign_in, manager):
    page = sign_in(manager).get("/what-if/?best=1").content.decode()
    assert "No project has a value yet" in page
    assert "best portfolio under" not in page


def test_a_project_without_a_run_is_weighed_by_its_newest_business_case(sign_in, manager, project, engineer):
    for benefit in (90_000_00, 60_000_00):
        make_case(
            project=project, currency="EUR", discount_rate_bp=800, starts_on=timezone.localdate(), at=timezone.now(),
            flows=(Flow(0, 100_000_00, 0), Flow(1, 12_000_00, benefit)), by=engineer,
        )  # fmt: skip
    page = sign_in(manager).get("/what-if/").content.decode()
    months = sum(1.08 ** (-month / 12) for month in range(1, 37))
    assert f"EUR {4_000 * months / 1000:.0f}k" in page.replace("\u00a0", " ")
    assert "by its business case" in page


def test_a_project_taken_out_leaves_its_money(sign_in, manager, tell):
    tell("AAA"), tell("BBB")
    page = sign_in(manager).get("/what-if/?out=AAA").content.decode()
    assert {name: count for name, (count, _left) in sums(page).items()} == {"As it is": 2, "Yours": 1}
    assert sums(page)["As it is"][1] == "EUR 101k"
    assert "The best" not in sums(page)


def test_the_best_keeps_to_the_cap_and_says_what_to_let_go(sign_in, manager, tell):
    tell("AAA", accuracy=0.99, title="Worth much"), tell("BBB", accuracy=0.95, title="Worth little")
    page = sign_in(manager).get("/what-if/?money=60000&best=1").content.decode()
    assert sums(page)["The best"][0] == 1
    assert "Let go: Worth little" in page
    assert "Proven" in page


def test_a_later_start_is_worth_less(sign_in, manager, tell):
    tell("AAA")
    client = sign_in(manager)
    worth = [
        re.search(r"Yours</td>.*?<b>(.*?)</b>", client.get(address).content.decode(), re.DOTALL)[1]
        for address in ("/what-if/", "/what-if/?delay-AAA=24")
    ]
    assert worth[0] != worth[1]


def test_a_bar_may_stand_on_any_month_up_to_the_last(sign_in, manager, tell):
    tell("AAA")
    client = sign_in(manager)
    page = client.get("/what-if/?delay-AAA=7").content.decode()
    assert '<option value="7" selected>7 months later</option>' in page
    assert 'aria-valuemin="0" aria-valuemax="24" aria-valuenow="7"' in page
    for beyond in ("25", "-1", "7.5", "many", "٣"):
        assert 'aria-valuenow="0"' in client.get("/what-if/", {"delay-AAA": beyond}).content.decode()


def test_a_model_that_does_not_work_yet_may_begin_earlier_and_never_before_today(sign_in, manager, tell):
    plan_in(tell("AAA"), months=4)
    client = sign_in(manager)
    page = client.get("/what-if/?delay-AAA=-3").content.decode()
    assert '<option value="-3" selected>3 months earlier</option>' in page
    assert '<option value="-6"' not in page
    assert 'data-plan="4" aria-valuemin="0" aria-valuemax="28" aria-valuenow="1"' in page
    assert 'aria-valuenow="0"' in client.get("/what-if/?delay-AAA=-6").content.decode()
    plan_in(tell("BBB"), months=9)
    page = client.get("/what-if/?delay-BBB=-7").content.decode()
    assert 'data-plan="9" aria-valuemin="3" aria-valuemax="33" aria-valuenow="9"' in page


def test_an_earlier_start_is_worth_more(sign_in, manager, tell):
    plan_in(tell("AAA"), months=6)
    client = sign_in(manager)
    earlier, planned, later = (
        client.get("/what-if/", {"delay-AAA": months}).context["found"].yours.value_minor for months in (-6, 0, 6)
    )
    assert earlier > planned > later


def test_what_a_year_is_discounted_by_is_asked_and_told(sign_in, manager, tell):
    tell("AAA")
    client = sign_in(manager)
    values = []
    for asked, told in (("0", "0"), ("", "8"), ("7.25", "7.25"), ("50", "50")):
        response = client.get("/what-if/", {"rate": asked})
        page = response.content.decode()
        assert f"discounted at {told}% a year" in page
        assert f'name="rate" inputmode="decimal" size="4" value="{told}"' in page
        values.append(response.context["found"].now.value_minor)
    assert values[0] > values[2] > values[1] > values[3]


@pytest.mark.parametrize("typed", ["50.01", "-1", "1e1", "8%", "8.125", "NaN", "٣"])
def test_a_rate_that_cannot_be_is_told_and_stays_in_its_field(typed, sign_in, manager, tell):
    tell("AAA")
    page = sign_in(manager).get("/what-if/", {"rate": typed, "money": "60000", "best": "1"}).content.decode()
    assert f"“{typed}” is no discount rate between 0 and 50 percent. Write it like 8 or 7.5." in page
    assert f'value="{typed}"' in page
    assert "discounted at 8% a year" in page
    assert 'aria-describedby="fault-money"' not in page
    assert "The best" in sums(page)


def test_the_most_rows_are_told_only_where_there_are_more(sign_in, manager, tell, monkeypatch):
    tell("AAA"), tell("BBB")
    client = sign_in(manager)
    assert "of highest value are shown" not in client.get("/what-if/").content.decode()
    monkeypatch.setattr("portal.boards.what_if.MOST_ROWS", 1)
    monkeypatch.setattr("portal.views.what_if.MOST_ROWS", 1)
    page = client.get("/what-if/").content.decode()
    assert "The 1 of highest value are shown" in page
    assert ("turn-AAA" in page) != ("turn-BBB" in page)


def test_each_project_stands_in_the_list_where_it_was_put(sign_in, manager, tell):
    tell("AAA"), tell("BBB")
    page = sign_in(manager).get("/what-if/?out=AAA").content.decode()
    inside, outside = page[page.index('data-zone="in"') :].split('data-zone="out"')
    assert ("turn-BBB" in inside, "turn-AAA" in inside, "turn-AAA" in outside) == (True, False, True)
    assert "At 8% a year yours is worth" in page


def test_what_must_stay_and_does_not_fit_is_told(sign_in, manager, tell):
    tell("AAA")
    page = sign_in(manager).get("/what-if/?keep=AAA&money=1&best=1").content.decode()
    assert "What must stay costs more than the budget" in page


def test_a_cap_that_is_no_number_is_told_and_stays_in_its_field(sign_in, manager, tell):
    tell("AAA")
    page = sign_in(manager).get("/what-if/?money=lots").content.decode()
    assert "“lots” is not an amount. Write it like 1234.50." in page
    assert 'value="lots"' in page


def test_only_projects_that_the_person_may_see_are_weighed(sign_in, viewer, tell):
    tell("AAA")
    assert "AAA" not in sign_in(viewer).get("/what-if/").content.decode()


def test_the_queries_do_not_grow_with_the_projects(sign_in, manager, tell, django_assert_max_num_queries):
    client = sign_in(manager)
    for key in ("AAA", "BBB", "CCC", "DDD"):
        tell(key)
    with django_assert_max_num_queries(33):
        assert client.get("/what-if/?best=1").status_code == 200


def test_a_change_says_what_it_does_and_whether_it_keeps_to_the_caps(sign_in, manager, tell):
    tell("AAA"), tell("BBB", accuracy=0.99)
    client = sign_in(manager)
    whole, less = (client.get("/what-if/", query).context["found"] for query in ({}, {"out": "AAA"}))
    text = client.get("/what-if/", {"out": "AAA", "money": "1"}).context["sentence"].replace("\u00a0", " ")
    lost = money_minor(less.yours.value_minor - whole.now.value_minor, "EUR").replace("\u00a0", " ")
    assert text.startswith(f"Yours, without AAA: {lost} value after risk, ")
    assert "still to spend" in text
    assert "It breaks the cap on money by EUR" in text
    text = client.get("/what-if/", {"out": "AAA", "money": "900000", "people": "0"}).context["sentence"]
    assert text.endswith("It keeps to the cap on money. It keeps to the cap on people.")
    assert client.get("/what-if/").context["sentence"].startswith("Take projects out")


def test_as_many_portfolios_are_announced_as_are_shown(sign_in, manager, tell):
    tell("AAA")
    client = sign_in(manager)
    page = client.get("/what-if/").content.decode()
    assert "Two portfolios, one measure" in page
    assert page.count("Work it out") == 1
    assert "Three portfolios, one measure" in client.get("/what-if/?best=1").content.decode()


@pytest.mark.parametrize("query", ["", "?out=AAA&delay-BBB=6&rate=5", "?best=1&money=60000"])
def test_every_sum_of_a_portfolio_explains_itself_by_its_projects(query, sign_in, manager, tell):
    tell("AAA"), tell("BBB", accuracy=0.99)
    client = sign_in(manager)
    page, found = client.get(f"/what-if/{query}"), client.get(f"/what-if/{query}").context["found"]
    for address in set(re.findall(r'href="(/explain/what-if/[^"]+)"', page.content.decode())):
        what = address.split("/")[3]
        told = client.get(address.replace("&amp;", "&")).context["explanation"]
        assert told.terms[-1].sign == "="
        which, _dash, column = what.partition("-")
        if which == "project":
            option = next(option for option in found.options if option.candidate.key == column)
            assert told.terms[-1].amount == money_minor(option.candidate.value_minor, "EUR", full=True)
        elif column != "people":
            choice = found.best_choice if which == "best" else getattr(found, which)
            assert told.terms[-1].amount == money_minor(getattr(choice, f"{column}_minor"), "EUR", full=True)


def test_what_is_no_sum_of_the_question_is_not_there(sign_in, manager, stranger, tell):
    tell("AAA")
    for what in ("yours-luck", "best-value", "project-ZZZ", "nothing"):
        assert sign_in(manager).get(f"/explain/what-if/{what}/").status_code == 404
    assert sign_in(stranger).get("/explain/what-if/project-AAA/").status_code == 404
    assert sign_in(manager).get("/explain/what-if/yours-value/?as_of=2026-03-02").status_code == 404


def test_the_question_is_taken_along(sign_in, manager, tell):
    tell("AAA"), tell("BBB")
    client = sign_in(manager)
    lines = client.get("/what-if.csv?out=AAA&delay-BBB=6").content.decode("utf-8-sig").splitlines()
    rows = {line.split(",")[0]: line.split(",") for line in lines[1:]}
    assert (rows["AAA"][2], rows["BBB"][2], rows["BBB"][4]) == ("no", "yes", "6")
    assert client.get("/what-if.xlsx").status_code == 200
    refused = client.get("/what-if.csv?money=lots")
    assert refused.status_code == 422
    assert "is not an amount" in refused.content.decode()
