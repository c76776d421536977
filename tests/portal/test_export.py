"""Tables to take along: CSV and XLSX bear the same cells, and none is a formula."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from outcomes.services import add_key_result, open_objective, promise_benefit
from people.services import add_job_role, record_employment
from portal.export import Column, Table, as_csv, as_xlsx, in_lots
from projects.models import Feedback, Project
from projects.services import open_project, propose_demand, record_feedback
from trainingjobs.models import TrainingJob


def sheet_of(content):
    return openpyxl.load_workbook(io.BytesIO(content)).active


def test_numbers_stay_numbers_and_days_stay_days():
    moment = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    row = ["TRI", Decimal("-1234.56"), 7, 0.25, date(2026, 3, 2), moment, None, ""]
    sheet = sheet_of(as_xlsx(Table("t", [Column(str(number)) for number in range(8)], [row])))
    cells = [cell.value for cell in sheet[2]]
    assert cells[:5] == ["TRI", -1234.56, 7, 0.25, datetime(2026, 3, 2)]
    assert cells[5] == timezone.localtime(moment).replace(tzinfo=None)
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold


@pytest.mark.parametrize("text", ["=1+1", "{=1}", "@SUM(1)", "https://example.org", "mailto:a@b.c", "12", "\x07bell"])
def test_no_text_becomes_a_formula_a_link_or_a_number(text):
    cell = sheet_of(as_xlsx(Table("t", [Column("=A1")], [[text]])))["A2"]
    assert cell.data_type == "s"
    assert cell.hyperlink is None


def test_a_text_longer_than_a_cell_is_cut_and_not_lost():
    assert len(sheet_of(as_xlsx(Table("t", [Column("a")], [["x" * 40_000]])))["A2"].value) == 32_767


def test_csv_says_the_same_and_is_harmless():
    lines = as_csv(Table("t", [Column("a"), Column("b")], [["=1", Decimal("2.50")], [None, date(2026, 1, 2)]]))
    assert lines.splitlines() == ["a,b", "'=1,2.50", ",2026-01-02"]


@pytest.mark.parametrize("name", ["portfolio-export-xlsx", "money-export-xlsx", "gates-export-xlsx"])
def test_no_cell_of_an_exported_page_is_a_formula(name, told, sign_in, manager):
    Project.objects.update(title="=HYPERLINK(1)")
    response = sign_in(manager).get(reverse(name))
    assert response["Content-Type"].endswith("spreadsheetml.sheet")
    sheet = sheet_of(response.content)
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_both_files_have_the_same_rows_and_amounts(told, sign_in, manager):
    client = sign_in(manager)
    sheet = sheet_of(client.get(reverse("money-export-xlsx")).content)
    lines = client.get(reverse("money-export")).content.decode().splitlines()
    assert sheet.max_row == len(lines)
    assert {row[9].value for row in sheet.iter_rows(min_row=2)} == {0, 40_000}


def test_an_export_of_a_past_day_has_what_was_known_then(told, sign_in, manager):
    client, yesterday = sign_in(manager), (timezone.localdate() - timedelta(days=1)).isoformat()
    assert sheet_of(client.get(reverse("portfolio-export-xlsx"), {"as_of": yesterday}).content).max_row == 1
    response = client.get(reverse("portfolio-export"), {"as_of": yesterday})
    assert f"projects-{yesterday}.csv" in response["Content-Disposition"]


@pytest.mark.parametrize("name", ["portfolio-export", "money-export", "report"])
def test_a_file_of_no_day_is_refused_in_words(name, sign_in, manager):
    response = sign_in(manager).get(reverse(name), {"as_of": "2026-02-30"})
    assert response.status_code == 422
    assert "is not a day" in response.content.decode()


def test_nobody_exports_what_he_may_not_see(told, sign_in, stranger):
    assert sheet_of(sign_in(stranger).get(reverse("portfolio-export-xlsx")).content).max_row == 1


EVERYWHERE = ("benefits", "feedback", "demands", "objectives", "waste", "cost-per-point")
WITH_DAYS = ("benefits", "feedback", "objectives", "waste", "cost-per-point")


@pytest.fixture
def everything(told, manager, engineer, department):
    """One row on each page, with a name that would be a formula."""
    now, today = timezone.now(), timezone.localdate()
    bad = "=HYPERLINK(1)"
    promise_benefit(project=told, name=bad, kind="cashable", owner=engineer, currency="EUR",
                    plan={today.replace(day=1): 100}, at=now, by=engineer)  # fmt: skip
    record_feedback(project=told, score=2, text=bad, source=bad, received_at=now, by=engineer)
    propose_demand(title=bad, problem=bad, department=department, at=now, by=engineer)
    objective = open_objective(portfolio=told.portfolio, title=bad, owner=engineer, starts_on=today,
                               ends_on=today + timedelta(days=9), by=manager)  # fmt: skip
    add_key_result(objective=objective, kpi=told.kpis.get(), by=manager)
    role = add_job_role(code="ml", name="ML", by=None)
    record_employment(source="hr", external_id="1", name=bad, role=role, department=department, fte_percent=100,
                      valid_from=today - timedelta(days=9), at=now, by=manager)  # fmt: skip
    TrainingJob.objects.update(state="failed", recipe="image-classifier")
    Project.objects.update(title=bad)


@pytest.mark.parametrize("page", [*EVERYWHERE, "people"])
def test_both_files_of_a_page_say_the_same_without_a_formula(page, everything, sign_in, manager):
    client = sign_in(manager)
    answer = client.get(reverse(f"{page}-export-xlsx"))
    sheet = sheet_of(answer.content)
    rows = list(csv.reader(io.StringIO(client.get(reverse(f"{page}-export")).content.decode())))
    assert sheet.max_row == len(rows) > 1
    assert [cell.value for cell in sheet[1]] == rows[0]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert f'{page}-{timezone.localdate().isoformat()}.xlsx"' in answer["Content-Disposition"]


@pytest.mark.parametrize("page", [*EVERYWHERE, "people"])
def test_each_page_has_the_menu_of_both_files(page, everything, sign_in, manager):
    place = {"feedback": "feedback-board"}.get(page, page)
    text = sign_in(manager).get(reverse(place), {"q": "x"}).content.decode()
    assert f'href="{reverse(f"{page}-export")}?q=x"' in text
    assert f'href="{reverse(f"{page}-export-xlsx")}?q=x"' in text


@pytest.mark.parametrize("kind", ["", "-xlsx"])
@pytest.mark.parametrize("page", WITH_DAYS)
def test_a_file_is_of_the_day_that_the_page_shows(page, kind, everything, sign_in, manager):
    client, address = sign_in(manager), reverse(f"{page}-export{kind}")
    past = client.get(address, {"as_of": "2020-01-01"})
    assert "-2020-01-01." in past["Content-Disposition"]
    assert (sheet_of(past.content).max_row if kind else len(past.content.decode().splitlines())) == 1
    refused = client.get(address, {"as_of": "2026-02-30"})
    assert refused.status_code == 422
    assert "is not a day" in refused.content.decode()


@pytest.mark.parametrize("page", ["benefits", "feedback", "objectives", "waste", "cost-per-point"])
def test_a_stranger_takes_none_of_it_along(page, everything, sign_in, stranger):
    assert sheet_of(sign_in(stranger).get(reverse(f"{page}-export-xlsx")).content).max_row == 1


def test_the_filters_of_the_page_are_those_of_the_file(everything, sign_in, manager):
    client = sign_in(manager)
    for page, query in (("benefits", {"kind": "disbenefit"}), ("feedback", {"score": "5"}), ("demands", {"q": "no"})):
        assert sheet_of(client.get(reverse(f"{page}-export-xlsx"), query).content).max_row == 1, page
    assert sheet_of(client.get(reverse("objectives-export-xlsx"), {"portfolio": "999"}).content).max_row == 1
    assert sheet_of(client.get(reverse("people-export-xlsx"), {"department": "none"}).content).max_row == 1


def test_a_key_result_of_another_team_is_counted_and_not_named(
    everything, told, sign_in, manager, stranger, department
):
    open_project(key="OWN", title="Own", portfolio=told.portfolio, sponsor=department, lead=stranger, by=manager,
                 started_on=timezone.localdate())  # fmt: skip
    text = sign_in(stranger).get(reverse("objectives-export")).content.decode()
    assert "a KPI of another team" in text
    assert "Misread parcels" not in text
    assert "Misread parcels" in sign_in(manager).get(reverse("objectives-export")).content.decode()


def test_rows_are_asked_for_in_lots(project, engineer):
    for number in range(5):
        record_feedback(project=project, score=3, text=f"{number}", source="A", received_at=timezone.now(), by=engineer)
    found = Feedback.objects.order_by("pk")
    assert [[voice.text for voice in lot] for lot in in_lots(found, 4)] == [["0", "1", "2", "3"], ["4"]]
    assert not list(in_lots(Feedback.objects.none()))
