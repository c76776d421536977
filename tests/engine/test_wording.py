"""Events as people read them."""

from engine.events import Failed, Logged, Metrics, Progress, Started
from engine.wording import describe, log_line

STARTED = Started(
    steps=82,
    epochs=2,
    dataset={"name": "digits", "rows": 1797},
    parameter_count=54410,
    device="cpu",
    threads=1,
    versions={},
    at=0.0,
)


def test_a_log_line_begins_with_the_time_of_day():
    assert log_line(STARTED) == "00:00:00 digits: 1797 rows; 54410 parameters; cpu"


def test_a_log_holds_the_epochs_and_not_the_steps_inside_them():
    inside = Metrics(step=3, epoch=0.1, values={"train_loss": 2.0})
    whole = Metrics(step=41, epoch=1.0, values={"train_loss": 0.6, "validation_accuracy": 0.85}, at=3661.0)
    assert log_line(inside) is None
    assert log_line(whole) == "01:01:01 step 41, epoch 1.00: train_loss 0.6, validation_accuracy 0.85"


def test_a_failure_says_its_mend_and_a_warning_its_level():
    assert describe(Failed(code="x", message="The file is cut off.", mend="Copy it again.")) == (
        "error: The file is cut off. Copy it again."
    )
    assert describe(Logged(level="warning", message="odd")) == "warning: odd"


def test_progress_without_a_message_says_nothing():
    assert describe(Progress(step=1, steps=2, epoch=0.5, epochs=1)) is None
