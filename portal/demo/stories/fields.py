"""IFR: read the numbers on invoices; live in one country."""

from portal.demo.story import ContractStory, JobStory, KpiStory, ProjectStory, Quote

STORY = ProjectStory(
    key="IFR",
    title="Invoice field reader",
    summary="Reads amount and order number from supplier invoices on paper",
    demand=(
        "Four clerks key the numbers of 214,000 paper invoices a year, 1.9 minutes each. Finance asks for a reader "
        "that fills the form and leaves only the doubtful fields to a person."
    ),
    portfolio="Parcels and service",
    sponsor="finance",
    lead="marco.bianchi",
    members=("lena.hoffmann", "vera.blank"),
    reached=(12, 10, 8, 5, 2),
    plan=(11, 9, 6, 4, 1, -3),
    planned={"compute": 3_200, "people": 152_000, "data": 31_000, "other": 9_000},
    spent={"people": 118_900, "data": 26_300, "other": 4_100},
    kpis=(
        KpiStory(
            name="Invoices keyed by hand",
            definition="Share of paper invoices where a person typed at least one number",
            unit="%",
            direction="lower",
            baseline=64.0,
            target=25.0,
            source="invoice workflow",
            owner="marco.bianchi",
            values=(64.1, 63.8, 64.3, 63.9, 64.0, 63.7, 64.2, 63.5, 62.8, 61.9, 52.3, 44.6),
            contract=ContractStory(
                metric="test_accuracy",
                metric_baseline=0.902,
                sensitivity=-520.0,
                sensitivity_sd=95.0,
                units_per_year=214_000,
                units_label="Paper invoices",
                worth_micro=9_800,
                upkeep=14_200,
                basis="1.9 min at EUR 31 an hour; 6,400 invoices keyed twice in June",
                signed=2,
            ),
        ),
        KpiStory(
            name="Days to pay",
            definition="Median days from receipt to payment",
            unit="days",
            direction="lower",
            baseline=19.0,
            target=12.0,
            source="ledger",
            owner="ruben.castillo",
            values=(19.2, 18.9, 19.1, 19.0, 18.8, 19.3, 19.0, 18.7, 18.6, 18.2, 17.0, 15.8),
        ),
    ),
    quotes=(
        Quote(4, "I check red fields only. Monday's pile is gone by noon.", "Greta Holm, accounts payable", 5),
        Quote(5, "Two discounts for early payment this month, first time ever.", "Ruben Castillo, controlling", 14),
        Quote(4, "I correct two fields on ten invoices.", "Greta Holm, accounts payable", 63),
        Quote(3, "Totals are right, dates are not.", "Greta Holm, accounts payable", 96),
        Quote(3, "Foreign invoices I still type myself.", "Ruben Castillo, controlling", 131),
        Quote(3, "It saves an hour on a good day.", "Greta Holm, accounts payable", 167),
        Quote(2, "I check everything anyway.", "Greta Holm, accounts payable", 205),
    ),
    jobs=(JobStory("image-classifier", {"epochs": 6, "batch_size": 32, "learning_rate": 0.002, "seed": 1}),),
)
