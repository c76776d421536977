"""The page that weighs the portfolio as it is, as asked, and as it would be best."""

import re

from django.utils import timezone

from outcomes.appraisal import Flow
from outcomes.services import make_case


def sums(page):
    """Name, projects and still-to-spend of each portfolio in the table of three."""
    table = page[page.index('id="three"') : page.index('id="options"')]
    rows = re.findall(r"<tr><td>(.*?)</td><td class=\"n\">(\d+)</td>.*?</b></td><td class=\"n\">(.*?)</td>", table)
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
    assert '<option value="7" selected>7 months</option>' in page
    assert 'aria-valuemin="0" aria-valuemax="24" aria-valuenow="7"' in page
    for beyond in ("25", "-1", "7.5", "many", "٣"):
        assert 'aria-valuenow="0"' in client.get("/what-if/", {"delay-AAA": beyond}).content.decode()


def test_each_project_stands_in_the_list_where_it_was_put(sign_in, manager, tell):
    tell("AAA"), tell("BBB")
    page = sign_in(manager).get("/what-if/?out=AAA").content.decode()
    inside, outside = page[page.index('data-zone="in"') :].split('data-zone="out"')
    assert ("turn-BBB" in inside, "turn-AAA" in inside, "turn-AAA" in outside) == (True, False, True)
    assert "Yours is worth" in page


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
    with django_assert_max_num_queries(31):
        assert client.get("/what-if/?best=1").status_code == 200
