"""A file of measurements: read it row by row, say every fault with its line, and give a template to begin from."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from outcomes.models import Kpi, Measurement
from outcomes.services.measurement import MOST_AT_ONCE, MeasurementDraft, refuse_unusable
from trainingjobs.export import harmless

COLUMNS = ("kpi", "measured_at", "value", "source")
NEEDED = COLUMNS[:3]
SURPLUS = ""  # where a line keeps what stands beyond its columns
MOST_BYTES = 2_000_000
MOST_FAULTS = 100  # said; nobody mends more at one go
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class RowFault:
    """What is wrong in one line and how to mend it; line 1 is the header."""

    line: int
    column: str
    text: str


@dataclass(frozen=True)
class FileRow:
    """One line that can be recorded."""

    line: int
    draft: MeasurementDraft


@dataclass(frozen=True)
class Reading:
    """What a file says: rows to record, lines that are recorded already or stand there twice, and faults."""

    rows: tuple[FileRow, ...]
    repeated: tuple[int, ...]
    faults: tuple[RowFault, ...]

    @property
    def is_usable(self) -> bool:
        return not self.faults and bool(self.rows or self.repeated)


def template(kpis: Iterable[Kpi]) -> str:
    """The columns and one line for each KPI; lines left without time and value are passed over."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([harmless(kpi.name), "", "", harmless(kpi.source)] for kpi in kpis)
    return file.getvalue()


def read_measurements(content: bytes, *, kpis: Iterable[Kpi], at: datetime) -> Reading:
    """Read a CSV file (UTF-8; comma, semicolon or tab) of measurements of the given KPIs. Nothing is recorded.

    Times are ISO 8601, UTC where no offset is given; a day alone is its first moment. Numbers have a point.
    """
    try:
        lines = list(_lines(content))
    except ValidationError as error:
        return Reading((), (), (RowFault(1, "", error.messages[0]),))
    known = _by_name(kpis)
    rows: list[FileRow] = []
    faults: list[RowFault] = []
    for line, cells in lines:
        try:
            draft = _draft(cells, known)
            refuse_unusable(draft, at)
        except ValidationError as error:
            faults += [
                RowFault(line, name, each.messages[0]) for name, texts in error.error_dict.items() for each in texts
            ]
        else:
            rows.append(FileRow(line, draft))
    if not lines:
        faults.append(RowFault(1, "", _("The file has no rows. Fill in at least one below the header.")))
    fresh, repeated = _without_repeats(rows)
    return Reading(fresh, repeated, tuple(faults[:MOST_FAULTS]))


def _lines(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """The filled lines by number; a file that cannot be read as a whole is refused."""
    if len(content) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 2 MB. Split it into parts."), code="too_large")
    text = _text(content)
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _demand_columns(header)
        count = 0
        for cells in reader:
            row = {SURPLUS: "".join(cells[len(header) :]).strip()}
            row |= zip(header, (cell.strip() for cell in cells), strict=False)
            if not any(row.get(name) for name in ("measured_at", "value")):
                continue
            if (count := count + 1) > MOST_AT_ONCE:
                text = _("The file has more than %(limit)s rows. Split it into parts.")
                raise ValidationError(text, code="too_many", params={"limit": MOST_AT_ONCE})
            yield reader.line_num, row
    except csv.Error:
        text = _("Line %(line)d cannot be read: a quotation mark is not closed or a character is not text.")
        raise ValidationError(text, code="not_csv", params={"line": reader.line_num}) from None


def _text(content: bytes) -> str:
    if b"\0" not in content:  # UTF-16 is full of it, and no database keeps it
        with suppress(UnicodeDecodeError):
            return content.decode("utf-8-sig")
    raise ValidationError(_("The file is not UTF-8. Save it as “CSV UTF-8”."), code="not_utf8")


def _demand_columns(header: list[str]) -> None:
    missing = [name for name in NEEDED if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if missing or unknown or len(set(header)) != len(header):
        raise ValidationError(
            _("The first line must name the columns %(columns)s, each once; the source may be left out."),
            code="wrong_columns",
            params={"columns": ", ".join(COLUMNS)},
        )


def _by_name(kpis: Iterable[Kpi]) -> Mapping[str, list[Kpi]]:
    """A KPI answers to its number, to its name, and to KEY/name where two projects use the same name."""
    known: dict[str, list[Kpi]] = {}
    for kpi in kpis:
        for name in (str(kpi.pk), kpi.name.casefold(), f"{kpi.project.key}/{kpi.name}".casefold()):
            known.setdefault(name, []).append(kpi)
    return known


def _draft(cells: Mapping[str, str], known: Mapping[str, list[Kpi]]) -> MeasurementDraft:
    if cells[SURPLUS]:
        text = _(
            "The line has more cells than the header. Write numbers with a point, and put texts with commas in “”."
        )
        raise ValidationError({"": ValidationError(text, code="too_many_cells")})
    faults: dict[str, ValidationError] = {}
    name = _as_typed(cells.get("kpi", ""))
    found = known.get(name.casefold(), [])
    if len(found) != 1:
        faults["kpi"] = ValidationError(
            _("Several projects have a KPI “%(name)s”. Write the key of the project before it: TRI/%(name)s.")
            if found
            else _("There is no KPI “%(name)s” that you may see. Copy the name from the template."),
            code="unknown_kpi",
            params={"name": name[:80]},
        )
    value = cells.get("value", "")
    if not NUMBER.fullmatch(value):
        text = _("“%(value)s” is not a number. Write it with a point and without grouping, like 1234.5.")
        faults["value"] = ValidationError(text, code="not_a_number", params={"value": value[:40]})
    measured_at = _moment(cells.get("measured_at", ""))
    if measured_at is None:
        text = _("“%(at)s” is not a time. Write it like 2026-11-24 or 2026-11-24T14:30:00Z.")
        params = {"at": cells.get("measured_at", "")[:40]}
        faults["measured_at"] = ValidationError(text, code="not_a_time", params=params)
    if faults or measured_at is None:
        raise ValidationError(faults)
    return MeasurementDraft(found[0], float(value), measured_at, _as_typed(cells.get("source", "")))


def _as_typed(cell: str) -> str:
    """Without the apostrophe that the template puts before what looks like a formula."""
    bare = cell.removeprefix("'")
    return bare if harmless(bare) == cell else cell


def _moment(text: str) -> datetime | None:
    try:
        parsed = parse_datetime(f"{text}T00:00" if DAY.fullmatch(text) else text) if text.isascii() else None
        if parsed is not None and parsed.tzinfo is None:
            return parsed.replace(tzinfo=UTC)
        return parsed.astimezone(UTC) if parsed is not None else None
    except (ValueError, OverflowError):
        return None


def _without_repeats(rows: list[FileRow]) -> tuple[tuple[FileRow, ...], tuple[int, ...]]:
    """What says the same as the latest record of its KPI for its time is passed over; one query.

    A value that stood there before a correction is news again: it corrects the correction. Of several lines for one
    time the last counts, so that a file which corrects itself is known as a whole when it is read again.
    """
    if not rows:
        return (), ()
    times = [row.draft.measured_at for row in rows]
    recorded = Measurement.objects.filter(
        kpi__in={row.draft.kpi.pk for row in rows}, measured_at__range=(min(times), max(times))
    )
    rows_known = recorded.order_by("recorded_at", "pk").values_list("kpi", "measured_at", "value")
    latest = {(kpi, measured_at): value for kpi, measured_at, value in rows_known}
    last = {_time_of(row): row.draft.value for row in rows}
    settled = {time for time, value in last.items() if latest.get(time) == value}
    fresh: list[FileRow] = []
    repeated: list[FileRow] = []
    for row in rows:
        known = _time_of(row) in settled or latest.get(_time_of(row)) == row.draft.value
        (repeated if known else fresh).append(row)
        latest[_time_of(row)] = row.draft.value
    return tuple(fresh), tuple(row.line for row in repeated)


def _time_of(row: FileRow) -> tuple[int, datetime]:
    return row.draft.kpi.pk, row.draft.measured_at
