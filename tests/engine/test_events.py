import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Checkpointed, Failed, Finished, Logged, Metrics, Progress, Started, decode, encode

numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 2**53)
text = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none() | st.booleans() | counts | numbers | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(text, json_values, max_size=3)
metrics = st.dictionaries(text, numbers, max_size=4)
events = st.one_of(
    st.builds(Started, at=numbers, steps=counts, epochs=counts, dataset=json_objects, parameter_count=counts,
              device=text, threads=counts, versions=st.dictionaries(text, text, max_size=3)),
    st.builds(Progress, at=numbers, step=counts, steps=counts, epoch=numbers, epochs=counts, message=text),
    st.builds(Metrics, at=numbers, step=counts, epoch=numbers, values=metrics),
    st.builds(Logged, at=numbers, level=st.sampled_from(["debug", "info", "warning", "error"]), message=text),
    st.builds(Checkpointed, at=numbers, path=text, step=counts, epoch=numbers),
    st.builds(Finished, at=numbers, metrics=metrics, artifact=text, report=json_objects),
    st.builds(Failed, at=numbers, code=text, message=text, mend=text),
)  # fmt: skip


@given(events)
def test_every_event_survives_the_wire(event):
    line = encode(event)
    assert "\n" not in line
    assert decode(line) == event


@given(st.text())
def test_junk_is_refused_as_a_value_error_and_never_otherwise(line):
    with pytest.raises(ValueError):
        decode(line)


@given(json_objects)
def test_json_that_is_no_event_is_refused(value):
    with pytest.raises(ValueError):
        decode(json.dumps(value))


def test_an_event_says_its_type_and_its_time():
    payload = json.loads(encode(Progress(step=1, steps=2, epoch=0.5, epochs=1, at=5.0)))
    assert payload == {
        "type": "progress", "at": 5.0, "step": 1, "steps": 2, "epoch": 0.5, "epochs": 1, "message": "",
    }  # fmt: skip


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_metric_that_is_no_finite_number_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"values\.train_loss = "):
        encode(Metrics(step=1, epoch=1.0, values={"train_loss": value}))


def test_a_number_that_is_not_finite_is_found_deep_in_a_report():
    with pytest.raises(ValueError, match=r"report\.history\.1 = nan"):
        encode(Finished(metrics={}, artifact="artifact", report={"history": [1.0, float("nan")]}))


@pytest.mark.parametrize(
    "change",
    [{"step": "1"}, {"step": None}, {"extra": 1}, {"values": {"loss": "low"}}, {"values": {"loss": float("nan")}}],
)
def test_a_field_of_the_wrong_kind_is_refused(change):
    payload = json.loads(encode(Metrics(step=1, epoch=1.0, values={"loss": 1.0})))
    with pytest.raises(ValueError):
        decode(json.dumps({**payload, **change}))


def test_a_missing_field_is_refused():
    with pytest.raises(ValueError, match="not a checkpointed event"):
        decode('{"type": "checkpointed", "at": 1.0, "step": 1, "epoch": 1.0}')


def test_an_odd_file_name_in_a_message_does_not_break_the_line():
    event = decode(encode(Logged(level="info", message="cannot read caf\udce9")))
    assert event.message == "cannot read caf?"


def test_absurdly_nested_json_is_refused():
    with pytest.raises(ValueError):
        decode("[" * 200_000)
