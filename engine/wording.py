"""Events as lines for people: what the command line prints and what the log of a job holds."""

import time
from collections.abc import Mapping

from engine.events import Event, Failed, Finished, Logged, Metrics, Progress, Started


def describe(event: Event) -> str | None:
    """An event as a line, or None when it says nothing new to people."""
    match event:
        case Started():
            data = event.dataset
            return f"{data['name']}: {data['rows']} rows; {event.parameter_count} parameters; {event.device}"
        case Progress(message=message) if message:
            return f"step {event.step}/{event.steps}: {message}"
        case Metrics():
            return f"step {event.step}, epoch {event.epoch:.2f}: {_numbers(event.values)}"
        case Logged():
            return event.message if event.level == "info" else f"{event.level}: {event.message}"
        case Failed():
            return f"error: {event.message} {event.mend}"
        case Finished():
            advice = f"{event.report['reason']} " if "reason" in event.report else ""
            return f"{advice}Finished: {_numbers(event.metrics)}"
    return None


def log_line(event: Event) -> str | None:
    """The same with the time of day (UTC) in front, without the steps inside an epoch: a log stays short."""
    if isinstance(event, Metrics) and not any(name.startswith("validation_") for name in event.values):
        return None
    text = describe(event)
    return f"{time.strftime('%H:%M:%S', time.gmtime(event.at))} {text}" if text else None


def _numbers(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())
