"""Tables to take along: CSV and XLSX bear the same cells, and none is a formula."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from portal.export import Column, Table, as_csv, as_xlsx
from projects.models import Project


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
