"""Boards by REST: the same figures as on the pages, of today and of a past day."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from finance.services.journal import post_actual
from people.models import AuditEntry
from portal.boards import unchanged
from projects.models import Project, Station
from projects.services import end_project, enter_station, hold_project

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
BOARDS = ("portfolio", "money", "project-health", "cost-per-point", "waste")


@pytest.fixture
def read(sign_in, manager):
    """What a manager reads at an address of the API."""
    client = sign_in(manager)

    def at(address, status=200, **query):
        answer = client.get(f"/api/v1/{address}/", query)
        assert answer.status_code == status, answer.json()
        return answer.json()

    return at


def test_the_portfolio_tells_its_sums_and_where_its_projects_stand(read, tell, manager):
    tell("AAA"), tell("BBB", signed=False)
    enter_station(project=Project.objects.get(key="BBB"), station=Station.DATA, on=timezone.localdate(), by=manager)
    body = read("portfolio")
    assert (body["projects"], body["currency"], body["planned"], body["spent"]) == (2, "EUR", "181000.00", "80000.00")
    assert float(body["net_value"]) == 2 * float(body["net_value_hypothesis"])
    assert sum(body["states"].values()) == 2
    assert [step["station"] for step in body["funnel"]] == list(Station)
    assert [step["reached"] for step in body["funnel"]][:2] == [2, sum(step["here"] for step in body["funnel"][1:])]
    assert sum(float(step["spent"]) for step in body["funnel"]) == 80_000
    assert sum(float(step["released"]) for step in body["funnel"]) == float(body["released"]) == 181_000
    assert body["held"] == "0.00"
    assert "<" not in body["headline"]
    assert "&" not in body["headline"]
    assert all("<" not in need["text"] for need in body["needs"])


def test_an_empty_portfolio_says_so(read, manager):
    body = read("portfolio")
    assert (body["projects"], body["spent"], body["needs"]) == (0, "0.00", [])
    assert body["headline"].startswith("Nothing is under way yet")
    assert read("project-health")["results"] == []
    assert read("money")["parts"] == []
    assert read("what-if", best="true")["options"] == []


def test_health_comes_with_its_reason_and_figures(read, tell, finance_user, manager):
    project = tell("AAA")
    line = project.budgets.get().lines.get(category="people")
    post_actual(line=line, amount_minor=6_000_000, memo="More", source="hr", external_id="x", effective_on=MONDAY,
                at=timezone.now(), by=finance_user)  # fmt: skip
    body = read("projects/AAA/health")
    assert (body["state"], body["word"]) == ("bad", "Over budget")
    assert body["reason"].endswith("of its budget")
    assert (body["planned"], body["currency"]) == ("90500.00", "EUR")
    assert float(body["left"]) == 90_500 - float(body["used"]) < 0
    assert float(body["used"]) == sum(float(body[part]) for part in ("spent", "committed", "reserved"))
    (listed,) = read("project-health")["results"]
    assert listed == body


def test_a_project_that_has_ended_leaves_the_list_and_keeps_its_health(read, tell, manager):
    project = tell("AAA")
    end_project(project=project, status="killed", on=timezone.localdate(), by=manager)
    assert read("project-health")["count"] == 0
    assert read("projects/AAA/health")["word"] == "Killed"
    assert read("portfolio")["ended"] == {"count": 1, "spent": "40000.00"}


def test_a_past_day_reads_as_it_read_on_that_day(read, tell, clock, manager, finance_user):
    clock(MONDAY, 8)
    project = tell("AAA")
    budget = project.budgets.get()
    addresses = (*BOARDS, "projects/AAA/health", "projects/AAA/earned-value", f"budgets/{budget.pk}/burn")
    clock(MONDAY, 20)
    then = {address: read(address) for address in addresses}
    at = clock(TUESDAY)
    line = budget.lines.get(category="people")
    post_actual(line=line, amount_minor=100_000, memo="More", source="hr", external_id="x", effective_on=MONDAY, at=at,
                by=finance_user)  # fmt: skip
    enter_station(project=project, station=Station.FEEDBACK, on=TUESDAY, by=manager)
    hold_project(project=project, on=TUESDAY, by=manager)
    tell("BBB")
    for address, body in then.items():
        assert read(address, as_of=MONDAY.isoformat()) == body, address
    for address in ("portfolio", "money", "project-health", "projects/AAA/health", f"budgets/{budget.pk}/burn"):
        assert read(address) != then[address], address


@pytest.mark.parametrize("day", ["soon", "2026-02-30", "2999-01-01", "1800-01-01", "2026-3-2", "٢٠٢٦-٠٣-٠٢"])
def test_a_day_that_cannot_be_shown_is_refused_and_not_replaced(day, read, tell):
    budget = tell("AAA").budgets.get()
    for address in (*BOARDS, "projects/AAA/health", "projects/AAA/earned-value", f"budgets/{budget.pk}/burn"):
        assert read(address, 422, as_of=day)["errors"][0]["field"] == "as_of", address


def test_a_day_before_there_was_anything_of_it_is_refused(read, tell):
    budget = tell("AAA").budgets.get()
    for address in ("projects/AAA/health", "projects/AAA/earned-value", f"budgets/{budget.pk}/burn"):
        assert "Nothing was known" in read(address, 422, as_of="2020-01-01")["errors"][0]["message"], address


def test_money_is_told_for_any_scope_that_is_seen(read, tell, sign_in, engineer):
    project = tell("AAA")
    tell("BBB")
    whole, part = read("money"), read("money", project="AAA")
    assert (whole["sums"]["planned"], part["sums"]["planned"]) == ("181000.00", "90500.00")
    assert (whole["scope"], part["scope"]) == ("", project.title)
    assert whole["parts"][0]["query"] == f"portfolio={project.portfolio_id}"
    assert {row["category"] for row in part["by_category"]} == {"compute", "people"}
    assert sum(float(month["spent"]) for month in part["months"]) == 40_000
    for query in ({"project": "NONE"}, {"portfolio": "99"}, {"programme": "x"}):
        assert read("money", 422, **query)["code"] == "does_not_exist"


def test_what_is_not_seen_is_in_no_board(tell, sign_in, stranger):
    tell("AAA")
    client = sign_in(stranger)
    assert client.get("/api/v1/portfolio/").json()["projects"] == 0
    assert client.get("/api/v1/project-health/").json()["count"] == 0
    assert client.get("/api/v1/cost-per-point/").json()["count"] == 0
    assert client.get("/api/v1/money/").json()["sums"]["planned"] == "0.00"
    assert client.get("/api/v1/what-if/").json()["options"] == []
    assert client.get("/api/v1/projects/AAA/health/").status_code == 404
    assert client.get("/api/v1/money/?project=AAA").status_code == 422
    assert client.get("/api/v1/what-if/?out=AAA").status_code == 422


def test_what_if_tells_three_portfolios(read, tell):
    tell("AAA", accuracy=0.99), tell("BBB", accuracy=0.95)
    before = AuditEntry.objects.count()
    body = read("what-if", out="BBB", money="60000.00", best="true")
    assert body["now"]["projects"] == ["AAA", "BBB"]
    assert (body["yours"]["projects"], body["best"]["projects"], body["best"]["is_proven"]) == (["AAA"], ["AAA"], True)
    assert (body["added"], body["dropped"], body["no_choice"]) == ([], [], "")
    assert {row["project"]: row["is_in"] for row in body["options"]} == {"AAA": True, "BBB": False}
    assert AuditEntry.objects.count() == before


def test_what_if_without_a_choice_says_why(read, tell):
    tell("AAA"), tell("BBB")
    body = read("what-if", keep=["AAA", "BBB"], money="1.00", best="true")
    assert (body["best"], body["no_choice"] != "") == (None, True)
    assert read("what-if", keep="AAA")["best"] is None


def test_what_if_moves_a_project(read, tell):
    tell("AAA")
    now, later = read("what-if"), read("what-if", delay="AAA:24")
    assert float(later["yours"]["value"]) < float(now["yours"]["value"]) == float(now["now"]["value"])
    assert later["options"][0]["delay"] == 24
    assert read("what-if", delay="AAA:-6")["options"][0]["begins_in"] == 0


def test_what_if_discounts_by_the_rate_that_is_asked(read, tell):
    tell("AAA")
    usual, none = read("what-if"), read("what-if", rate_percent="0")
    assert (usual["rate_percent"], none["rate_percent"]) == (8.0, 0.0)
    assert float(none["now"]["value"]) > float(usual["now"]["value"])
    assert read("what-if", rate_percent="8.00")["now"] == usual["now"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"out": "NONE"}, "out"),
        ({"keep": ["AAA", "NONE"]}, "keep"),
        ({"delay": "AAA:25"}, "delay"),
        ({"delay": "AAA:-7"}, "delay"),
        ({"delay": "AAA"}, "delay.0"),
        ({"rate_percent": "50.01"}, "rate_percent"),
        ({"rate_percent": "-1"}, "rate_percent"),
        ({"delay": "NONE:3"}, "delay"),
        ({"money": "1,5"}, "money"),
        ({"money": "1.505"}, "money"),
        ({"people": "-1"}, "people"),
        ({"best": "perhaps"}, "best"),
        ({"portfolio": "x"}, "portfolio"),
        ({"monye": "1"}, "monye"),
    ],
)
def test_a_question_with_a_slip_names_its_field(query, field, read, tell):
    tell("AAA")
    assert read("what-if", 422, **query)["errors"][0]["field"] == field


def test_the_cost_of_a_point_is_told_by_project_and_recipe(read, tell):
    tell("AAA")
    body = read("cost-per-point")
    (row,) = body["results"]
    assert (row["project"], row["currency"]) == ("AAA", "EUR")
    assert (row["cost_per_point"] is None) == (row["reason"] != "")


def test_more_projects_cost_no_more_queries(read, tell):
    def queries(address):
        unchanged.forget()
        with CaptureQueriesContext(connection) as captured:
            read(address)
        return len(captured)

    addresses = (*BOARDS, "what-if")
    tell("AAA"), tell("BBB")
    before = {address: queries(address) for address in addresses}
    for key in ("CCC", "DDD", "EEE"):
        tell(key)
    assert {address: queries(address) for address in addresses} == before
