"""The criteria that an installation begins with: three horizons, five gates each.

Core work is asked for hard figures early; transformational work is first asked what it has learned, and for figures
only once there is a model. Whoever manages the portfolio replaces a set by `define_gate`.
"""

from dataclasses import dataclass

from outcomes.models import GateCriterion
from projects.models import Horizon, Station

MUST, SHOULD = GateCriterion.Kind.MUST_MEET, GateCriterion.Kind.SHOULD_MEET
AT_LEAST, AT_MOST = GateCriterion.Comparison.AT_LEAST, GateCriterion.Comparison.AT_MOST
Fact = GateCriterion.Fact


@dataclass(frozen=True)
class CriterionDraft:
    """One criterion as it is entered."""

    title: str
    kind: str
    fact: str
    threshold: float | None = None
    comparison: str = AT_LEAST
    metric: str = ""
    weight: int = 1


def check(title: str, kind: str = MUST, weight: int = 1) -> CriterionDraft:
    return CriterionDraft(title, kind, Fact.CHECK, weight=weight)


def accuracy(share: float, kind: str = MUST) -> CriterionDraft:
    title = "The best model is accurate enough on data it has not seen"
    return CriterionDraft(title, kind, Fact.MODEL_METRIC, share, metric="test_accuracy")


def latency(ms: float, kind: str = MUST) -> CriterionDraft:
    title = "The best model answers fast enough"
    return CriterionDraft(title, kind, Fact.LATENCY_MS, ms, AT_MOST, metric="test_accuracy")


def budget_used(percent: float) -> CriterionDraft:
    return CriterionDraft("The money lasts for the way ahead", SHOULD, Fact.COST_SHARE, percent, AT_MOST, weight=2)


def money_left() -> CriterionDraft:
    return CriterionDraft("Money is available", MUST, Fact.AVAILABLE, 1)


def signed(kind: str = SHOULD) -> CriterionDraft:
    return CriterionDraft("Finance has signed what it is worth", kind, Fact.VALUE_SIGNED, 1, weight=3)


def risk(units: float, kind: str = SHOULD) -> CriterionDraft:
    return CriterionDraft("The open risks can be borne", kind, Fact.OPEN_RISK, units, AT_MOST, weight=2)


def on_the_way(percent: float, kind: str = SHOULD) -> CriterionDraft:
    return CriterionDraft("The KPI moves towards its target", kind, Fact.KPI_REACHED, percent, weight=2)


def liked(score: float, kind: str = SHOULD) -> CriterionDraft:
    return CriterionDraft("Those who work with it are content", kind, Fact.FEEDBACK, score, weight=2)


MEASURED = CriterionDraft("The KPI is measured and no worse than before", MUST, Fact.KPI_REACHED, 0)
QUESTIONS = {
    Station.DATA: "Is the demand worth its data?",
    Station.TRAINING: "Are the data good enough to learn from?",
    Station.COMPRESSION: "Is the model good enough to be made small?",
    Station.DEPLOYMENT: "May people depend on it?",
    Station.FEEDBACK: "Does it bring what was promised?",
}

CORE: dict[Station, tuple[CriterionDraft, ...]] = {
    Station.DATA: (MEASURED, money_left(), signed(), budget_used(20), risk(50_000)),
    Station.TRAINING: (check("The owner of the data has released them"), money_left(), signed(), budget_used(50)),
    Station.COMPRESSION: (accuracy(0.9), signed(), budget_used(75), on_the_way(10)),
    Station.DEPLOYMENT: (
        accuracy(0.9),
        latency(50),
        signed(MUST),
        check("The process owner has accepted the test"),
        budget_used(95),
        risk(50_000),
    ),
    Station.FEEDBACK: (
        on_the_way(25, MUST),
        check("The way back to the old process has been tried"),
        liked(3.5),
        budget_used(100),
        risk(25_000),
    ),
}
ADJACENT: dict[Station, tuple[CriterionDraft, ...]] = {
    Station.DATA: (check("The new users have been asked"), money_left(), signed(), risk(150_000)),
    Station.TRAINING: (check("The owner of the data has released them"), money_left(), budget_used(60), risk(120_000)),
    Station.COMPRESSION: (accuracy(0.8), signed(), budget_used(80)),
    Station.DEPLOYMENT: (
        accuracy(0.85),
        latency(100),
        check("The process owner has accepted the test"),
        signed(),
        risk(80_000),
    ),
    Station.FEEDBACK: (
        check("The way back to the old process has been tried"),
        on_the_way(15),
        liked(3.5),
        budget_used(100),
    ),
}
TRANSFORMATIONAL: dict[Station, tuple[CriterionDraft, ...]] = {
    Station.DATA: (
        check("The riskiest assumption is written down, with the test that could refute it"),
        risk(500_000),
        check("Three people with the problem have been heard", SHOULD, 2),
    ),
    Station.TRAINING: (
        check("The riskiest assumption has been tested, and what was learned is written down"),
        risk(400_000, MUST),
        check("A next test is chosen that costs less than the one before taught", SHOULD),
    ),
    Station.COMPRESSION: (
        check("What the first models taught is written down"),
        risk(300_000, MUST),
        accuracy(0.6, SHOULD),
        budget_used(90),
    ),
    Station.DEPLOYMENT: (
        accuracy(0.8),
        check("A first group of people has agreed to depend on it"),
        latency(200, SHOULD),
        signed(),
        risk(200_000),
    ),
    Station.FEEDBACK: (
        check("It is known who stops it, and how, when it goes wrong"),
        risk(100_000, MUST),
        on_the_way(10),
        liked(3),
    ),
}
SETS = {Horizon.CORE: CORE, Horizon.ADJACENT: ADJACENT, Horizon.TRANSFORMATIONAL: TRANSFORMATIONAL}
