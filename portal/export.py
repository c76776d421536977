"""Tables to take along, as CSV and as XLSX: the same columns and cells, and no cell is ever a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

import xlsxwriter
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils.timezone import localtime

from trainingjobs.export import harmless

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_TEXT = 32_767  # of a cell in XLSX
AT_ONCE = 500
SAFE = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Column:
    title: str
    width: int = 12  # in characters


@dataclass(frozen=True)
class Table:
    """A table with a name for its file and sheet; its rows may come straight from the database."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]


def attached(table: Table, kind: str, day: date) -> HttpResponse:
    """The table as a file of that kind, `csv` or `xlsx`, named after itself and a day."""
    content_type, content = (XLSX, as_xlsx(table)) if kind == "xlsx" else ("text/csv; charset=utf-8", as_csv(table))
    disposition = f'attachment; filename="{table.name}-{day.isoformat()}.{kind}"'
    return HttpResponse(content, content_type=content_type, headers={"Content-Disposition": disposition})


def in_lots(rows: QuerySet[Row], at_once: int = AT_ONCE) -> Iterator[list[Row]]:
    """Rows as they are read from the database, some at once, for what is asked of several rows together."""
    read = rows.iterator(chunk_size=at_once)
    while lot := list(islice(read, at_once)):
        yield lot


def as_csv(table: Table) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([column.title for column in table.columns])
    writer.writerows([harmless(_plain(cell)) for cell in row] for row in table.rows)
    return file.getvalue()


def as_xlsx(table: Table) -> bytes:
    """Numbers stay numbers and days stay days; the header stays in view."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, SAFE) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        amount = book.add_format({"num_format": "#,##0.00"})
        day, moment = (book.add_format({"num_format": text}) for text in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm"))
        sheet = book.add_worksheet(table.name[:31])
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(table.columns):
            sheet.set_column(index, index, column.width)
            sheet.write_string(0, index, column.title, bold)
        for number, row in enumerate(table.rows, start=1):
            for index, cell in enumerate(row):
                if cell is None or cell == "":
                    continue
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, index, localtime(cell).replace(tzinfo=None), moment)
                elif isinstance(cell, date):
                    sheet.write_datetime(number, index, cell, day)
                elif isinstance(cell, Decimal):
                    sheet.write_number(number, index, cell, amount)
                elif isinstance(cell, int | float):
                    sheet.write_number(number, index, cell)
                else:
                    sheet.write_string(number, index, str(cell)[:LONGEST_TEXT])
    return file.getvalue()


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return localtime(cell).isoformat(timespec="seconds")
    return "" if cell is None else cell
