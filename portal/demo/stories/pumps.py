"""PFA: hear a pump fail before it does."""

from portal.demo.story import ContractStory, JobStory, KpiStory, ProjectStory, Quote

STORY = ProjectStory(
    key="PFA",
    title="Pump failure alarm",
    summary="Warns three days before a coolant pump fails",
    demand=(
        "A coolant pump that fails stops a line for five hours, EUR 11,500 each time, nineteen times last year. "
        "Maintenance asks for a warning early enough to change the pump in the next planned break."
    ),
    portfolio="Plant and supply",
    sponsor="works",
    lead="karin.lindqvist",
    members=("paul.adeyemi", "mei.tanaka"),
    reached=(8, 5, 2),
    plan=(7, 3, 0, -2, -3, -6),
    planned={"compute": 2_800, "people": 138_000, "data": 48_000, "other": 12_000},
    spent={"people": 61_700, "data": 33_900, "other": 5_200},
    kpis=(
        KpiStory(
            name="Unplanned pump stops",
            definition="Line stops caused by a coolant pump, per month, mean of the last six",
            unit="stops",
            direction="lower",
            baseline=1.6,
            target=0.5,
            source="maintenance log",
            owner="karin.lindqvist",
            values=(1.6, 1.7, 1.6, 1.5, 1.6, 1.7, 1.7, 1.6, 1.5, 1.6, 1.6, 1.5),
            contract=ContractStory(
                metric="validation_loss",
                metric_baseline=0.31,
                sensitivity=4.5,
                sensitivity_sd=2.0,
                units_per_year=12,
                units_label="Months",
                worth_micro=11_500_000_000,
                upkeep=16_000,
                basis="EUR 11,500 a stop; nineteen stops of last year replayed",
            ),
        ),
    ),
    quotes=(Quote(4, "The test warning on pump 7 was right. We found a worn bearing.", "Lars Ek, maintenance", 11),),
    jobs=(JobStory("linear-regression", {"epochs": 300, "learning_rate": 0.2, "rows": 300, "noise": 0.4, "seed": 1}),),
)
