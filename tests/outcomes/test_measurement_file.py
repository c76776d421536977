"""A file of measurements is read whole: every row comes back as written, every fault has its line."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from outcomes.measurement_file import COLUMNS, MOST_BYTES, MOST_FAULTS, read_measurements, template
from outcomes.models import Kpi, Measurement
from outcomes.services import define_kpi, import_measurements, record_measurement
from outcomes.services.measurement import MOST_AT_ONCE
from outcomes.usable import LARGEST
from people.models import AuditEntry
from projects.services import open_project

AT = datetime(2026, 6, 15, 9, tzinfo=UTC)
HEAD = "kpi,measured_at,value,source\n"
GOOD = "Parcels misread,2026-05-01,6.5,\n"

TIMES = st.datetimes(
    datetime(1900, 1, 2), datetime(2026, 6, 14), timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))])
)  # fmt: skip
SOURCES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=120).map(str.strip)
ROWS = st.lists(
    st.tuples(TIMES, st.floats(-LARGEST, LARGEST), SOURCES),
    min_size=1, max_size=8, unique_by=lambda row: (row[0].astimezone(UTC), row[1]),
)  # fmt: skip


def read(text, *, kpis, at=AT):
    return read_measurements(text if isinstance(text, bytes) else text.encode(), kpis=kpis, at=at)


def places(reading):
    return [(fault.line, fault.column) for fault in reading.faults]


def values(reading):
    return [(row.line, row.draft.value) for row in reading.rows]


@given(rows=ROWS, delimiter=st.sampled_from(",;\t"), encoding=st.sampled_from(["utf-8", "utf-8-sig"]))
@settings(max_examples=60)
def test_what_is_written_is_what_is_read(kpi, rows, delimiter, encoding):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(COLUMNS)
    writer.writerows([kpi.name, at.isoformat(), repr(value), source] for at, value, source in rows)
    reading = read(file.getvalue().encode(encoding), kpis=[kpi])
    assert reading.faults == ()
    assert reading.is_usable
    drafts = [row.draft for row in reading.rows]
    assert [(draft.kpi, draft.measured_at, draft.value) for draft in drafts] == [
        (kpi, at.astimezone(UTC), value) for at, value, _source in rows
    ]
    for draft, (_at, _value, source) in zip(drafts, rows, strict=True):
        assert draft.source in {source, source.removeprefix("'")}


@given(content=st.binary(max_size=300))
@settings(max_examples=150)
def test_no_file_whatever_breaks_the_reader(kpi, content):
    for begin in (b"", HEAD.encode(), b"value,measured_at,kpi\n"):
        reading = read(begin + content, kpis=[kpi])
        assert reading.is_usable or reading.faults


def test_every_fault_is_told_with_its_line_and_column(kpi):
    text = (
        f"{HEAD}{GOOD}"
        "Parcels lost,2026-05-01,1,\n"
        'Parcels misread,yesterday,"7,1",\n'
        "Parcels misread,2026-06-16,1,\n"
        "\n"
        f"Parcels misread,2026-05-02,1,{'x' * 200}\n"
        "Parcels misread,2026-05-03,1e999,\n"
        "Parcels misread,0001-01-01,1,\n"
        "Parcels misread,2026-02-30,1,\n"
    )
    reading = read(text, kpis=[kpi])
    assert places(reading) == [
        (3, "kpi"), (4, "value"), (4, "measured_at"), (5, "measured_at"), (7, "source"), (8, "value"),
        (9, "measured_at"), (10, "measured_at"),
    ]  # fmt: skip
    assert values(reading) == [(2, 6.5)]
    assert not reading.is_usable
    assert all(fault.text.endswith((".", "misread.")) for fault in reading.faults)


def test_a_cell_over_several_lines_does_not_shift_what_follows(kpi):
    reading = read(f'{HEAD}Parcels misread,2026-05-01,1,"two\nlines"\nParcels misread,2026-05-02,x,\n', kpis=[kpi])
    assert places(reading) == [(4, "value")]


def test_a_decimal_comma_is_no_second_cell(kpi):
    """Read as cells, 7,1 would have been recorded as 7."""
    reading = read(f"{HEAD}Parcels misread,2026-05-01,7,1,sorter\n", kpis=[kpi])
    assert (places(reading), reading.rows) == ([(2, "")], ())
    assert "point" in reading.faults[0].text
    assert read(f"{HEAD}Parcels misread,2026-05-01,7,sorter,,, \n", kpis=[kpi]).is_usable


def test_a_line_that_ends_early_is_a_fault_of_its_line(kpi):
    assert places(read("value,measured_at,kpi\n5,2026-05-01\n", kpis=[kpi])) == [(2, "kpi")]


def test_columns_stand_in_any_order_and_the_source_may_be_left_out(kpi):
    reading = read("VALUE ; Measured_At;kpi\n6.5;2026-05-01T14:30:00+02:00;PARCELS MISREAD\n", kpis=[kpi])
    draft = reading.rows[0].draft
    assert (draft.value, draft.measured_at, draft.source) == (6.5, datetime(2026, 5, 1, 12, 30, tzinfo=UTC), "")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("Größe".encode("latin-1"), "UTF-8"),
        ((HEAD + GOOD).encode("utf-16"), "UTF-8"),
        ((HEAD + GOOD).encode("utf-16-le"), "UTF-8"),
        (b"", "columns"),
        (b"kpi,measured_at\n", "columns"),
        (b"kpi,measured_at,value,value\n", "columns"),
        (b"kpi,measured_at,value,colour\n", "columns"),
        (HEAD.encode(), "no rows"),
        (b"\xef\xbb\xbf" + HEAD.encode() + b"Parcels misread,,,\n", "no rows"),
        (HEAD.encode() + b'Parcels misread,2026-05-01,1,"open', "quotation mark"),
        (b"x" * (MOST_BYTES + 1), "2 MB"),
    ],
)
def test_a_file_that_cannot_be_read_says_how_to_mend_it(kpi, content, word):
    reading = read(content, kpis=[kpi])
    assert (len(reading.faults), reading.rows, reading.is_usable) == (1, (), False)
    assert word in reading.faults[0].text


def test_a_file_has_a_largest_number_of_rows(kpi):
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    rows = [f"{kpi.pk},{(begin + timedelta(hours=hour)).isoformat()},1,\n" for hour in range(MOST_AT_ONCE + 1)]
    assert len(read(HEAD + "".join(rows[:-1]), kpis=[kpi]).rows) == MOST_AT_ONCE == 5_000
    reading = read(HEAD + "".join(rows), kpis=[kpi])
    assert reading.rows == ()
    assert "more than 5000 rows" in reading.faults[0].text.replace(",", "")


def test_of_very_many_faults_the_first_are_told(kpi):
    assert len(read(HEAD + "x,y,z,\n" * 500, kpis=[kpi]).faults) == MOST_FAULTS


def test_what_is_recorded_or_stands_there_twice_is_passed_over(kpi, engineer):
    record_measurement(kpi=kpi, value=6.5, measured_at=datetime(2026, 5, 1, tzinfo=UTC), by=engineer)
    corrected = GOOD.replace("6.5", "6.4")
    reading = read(HEAD + GOOD + corrected + corrected, kpis=[kpi])
    assert (values(reading), reading.repeated) == ([(3, 6.4)], (2, 4))
    again = read(HEAD + GOOD, kpis=[kpi])
    assert (again.rows, again.is_usable) == ((), True)


def test_a_file_corrects_back_what_was_corrected(kpi, engineer):
    known = read(HEAD + GOOD, kpis=[kpi]).rows[0].draft
    for value in (6.5, 6.4):
        record_measurement(kpi=kpi, value=value, measured_at=known.measured_at, recorded_at=AT, by=engineer)
    assert values(read(HEAD + GOOD, kpis=[kpi])) == [(2, 6.5)]
    assert import_measurements(content=(HEAD + GOOD).encode(), kpis=[kpi], at=AT, by=engineer).rows
    assert kpi.measurements.latest("pk").value == 6.5
    assert read(HEAD + GOOD, kpis=[kpi]).repeated == (2,)


def test_a_file_that_corrects_itself_is_known_as_a_whole_when_it_comes_again(kpi, engineer):
    content = (HEAD + GOOD + GOOD.replace("6.5", "6.4")).encode()
    import_measurements(content=content, kpis=[kpi], at=AT, by=engineer)
    assert import_measurements(content=content, kpis=[kpi], at=AT, by=engineer).repeated == (2, 3)
    assert kpi.measurements.count() == 2


def test_a_name_of_two_projects_asks_for_the_key(kpi, project, engineer, manager, department):
    other = open_project(key="OTH", title="Other", portfolio=project.portfolio, sponsor=department, lead=engineer,
                         started_on=project.started_on, by=manager)  # fmt: skip
    twin = define_kpi(project=other, name=kpi.name, unit="%", direction="lower", baseline=2, target=1, owner=engineer,
                      by=engineer)  # fmt: skip
    reading = read(HEAD + GOOD, kpis=[kpi, twin])
    assert "TRI/Parcels misread" in reading.faults[0].text
    named = HEAD + GOOD.replace("Parcels", "oth/Parcels") + GOOD.replace("Parcels misread", str(kpi.pk))
    assert [row.draft.kpi for row in read(named, kpis=[kpi, twin]).rows] == [twin, kpi]


def test_the_template_is_filled_in_and_read_back_without_a_live_formula(kpi):
    Kpi.objects.filter(pk=kpi.pk).update(name="=1+1", source="@sorter")
    kpi.refresh_from_db()
    empty = template([kpi])
    assert "'=1+1,,,'@sorter" in empty
    assert "no rows" in read(empty, kpis=[kpi]).faults[0].text
    draft = read(empty.replace(",,,", ",2026-05-01,6.5,"), kpis=[kpi]).rows[0].draft
    assert (draft.kpi, draft.source) == (kpi, "@sorter")


def test_an_apostrophe_of_ones_own_stays(kpi):
    Kpi.objects.filter(pk=kpi.pk).update(name="'s-Gravenhage")
    kpi.refresh_from_db()
    assert read(f"{HEAD}'s-Gravenhage,2026-05-01,1,'t Hof\n", kpis=[kpi]).rows[0].draft.source == "'t Hof"


def test_a_file_is_recorded_whole_and_a_second_time_changes_nothing(kpi, engineer):
    content = (HEAD + GOOD + GOOD.replace("05-01", "05-02")).encode()
    reading = import_measurements(content=content, kpis=[kpi], at=AT, by=engineer)
    assert len(reading.rows) == Measurement.objects.count() == 2
    assert {row.source for row in Measurement.objects.all()} == {"sorter log"}
    assert AuditEntry.objects.filter(verb="record_measurements").count() == 1
    again = import_measurements(content=content, kpis=[kpi], at=AT, by=engineer)
    assert (again.rows, again.repeated, Measurement.objects.count()) == ((), (2, 3), 2)


def test_with_one_fault_nothing_is_recorded(kpi, engineer):
    with pytest.raises(ValidationError) as refusal:
        import_measurements(content=(HEAD + GOOD + "x,2026-05-02,1,\n").encode(), kpis=[kpi], at=AT, by=engineer)
    assert refusal.value.code == "faulty_file"
    assert "Line 3" in refusal.value.messages[0]
    assert not Measurement.objects.exists()
