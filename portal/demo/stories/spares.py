"""FCR: a straight line before anything clever, to see what a better forecast of spare parts is worth."""

from portal.demo.story import ContractStory, KpiStory, ProjectStory, Quote, repeats

STORY = ProjectStory(
    key="FCR",
    title="Spare-parts demand forecast",
    summary="Forecasts next month's demand per spare part for the central store",
    demand=(
        "One order in seven leaves by express because the part was not on the shelf; express costs EUR 41 more. "
        "Planners forecast by last year's figure. Supply asks for a forecast per part and month that a planner can "
        "follow."
    ),
    portfolio="Plant and supply",
    sponsor="supply",
    lead="tomasz.nowak",
    members=("lena.hoffmann", "mei.tanaka", "paul.adeyemi"),
    reached=(9, 7, 3),
    plan=(8, 4, 1, -2, -4, -7),
    planned={"compute": 1_500, "people": 124_000, "data": 26_000, "other": 6_000},
    spent={"people": 66_300, "data": 17_400, "other": 1_900},
    kpis=(
        KpiStory(
            name="Orders sent by express",
            definition="Share of spare-part orders that left by express for want of stock",
            unit="%",
            direction="lower",
            baseline=14.2,
            target=10.0,
            source="warehouse system",
            owner="tomasz.nowak",
            values=(14.0, 14.3, 14.1, 14.6, 14.2, 13.9, 14.4, 14.1, 14.2, 14.0, 13.8, 13.9),
            contract=ContractStory(
                metric="validation_loss",
                metric_baseline=0.42,
                sensitivity=12.0,
                sensitivity_sd=3.5,
                units_per_year=186_000,
                units_label="Spare-part orders",
                worth_micro=410_000,
                upkeep=18_500,
                basis="EUR 41 more for an express order; replay of 2025 orders against three forecasts",
            ),
        ),
        KpiStory(
            name="Stock on the shelf",
            definition="Days of demand that lie in the central store",
            unit="days",
            direction="lower",
            baseline=61.0,
            target=50.0,
            source="warehouse system",
            owner="tomasz.nowak",
            values=(61.2, 60.8, 61.5, 61.0, 60.4, 60.9, 61.3, 60.2, 60.0, 59.6, 59.8, 59.1),
        ),
    ),
    quotes=(
        Quote(4, "A line I can draw myself. That is a forecast I would defend.", "Henrik Dahl, planner", 12),
        Quote(3, "Seasonal parts are still off by half.", "Joanna Wilk, central store", 26),
        Quote(3, "Slow movers it gets right. Those I knew.", "Joanna Wilk, central store", 77),
    ),
    jobs=repeats("linear-regression", epochs=400, learning_rate=0.1, rows=400),
)
