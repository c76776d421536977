"""CEW: the oldest project, in its second round of feedback."""

from portal.demo.story import ContractStory, JobStory, KpiStory, ProjectStory, Quote

STORY = ProjectStory(
    key="CEW",
    title="Churn early warning",
    summary="Names the business customers who are likely to leave next quarter",
    demand=(
        "Sales learns of a lost customer from the last invoice. A customer who stays is worth EUR 2,150 a year in "
        "margin. Sales asks for forty names a month, with the reason, so that somebody can call in time."
    ),
    portfolio="Parcels and service",
    sponsor="sales",
    lead="sofia.marques",
    members=("lena.hoffmann",),
    reached=(16, 14, 12, 10, 9, 5),
    plan=(15, 13, 11, 10, 8, 0),
    planned={"compute": 1_800, "people": 132_000, "data": 28_000, "other": 14_000},
    spent={"people": 126_500, "data": 25_200, "other": 12_600},
    kpis=(
        KpiStory(
            name="Customers lost in a year",
            definition="Share of business customers that sent their last parcel within twelve months",
            unit="%",
            direction="lower",
            baseline=4.8,
            target=3.6,
            source="customer system",
            owner="sofia.marques",
            values=(4.7, 4.6, 4.6, 4.5, 4.3, 4.2, 4.1, 4.0, 3.9, 3.8, 3.7, 3.5),
            contract=ContractStory(
                metric="validation_loss",
                metric_baseline=0.55,
                sensitivity=3.1,
                sensitivity_sd=0.6,
                units_per_year=21_500,
                units_label="Business customers",
                worth_micro=21_500_000,
                upkeep=64_000,
                basis="EUR 2,150 margin a customer; five sales regions without calls as comparison",
                signed=7,
            ),
        ),
    ),
    quotes=(
        Quote(5, "I called eleven, nine stayed. The reason on the list opens the talk.", "Tim Vos, sales Rotterdam", 7),
        Quote(3, "Seasonal shippers are on the list every January.", "Clara Neri, sales Milan", 19),
        Quote(4, "Good list. Send it on Mondays, not on Fridays.", "Jens Holt, sales Hamburg", 40),
        Quote(4, "The reason beside the name is what I read out to the customer.", "Tim Vos, sales Rotterdam", 68),
        Quote(3, "Ten names a week I can call. Forty I cannot.", "Clara Neri, sales Milan", 101),
        Quote(3, "Half of the list I knew already.", "Jens Holt, sales Hamburg", 139),
        Quote(2, "It warns me of customers that have left.", "Tim Vos, sales Rotterdam", 176),
        Quote(3, "Show me since when a customer ships less.", "Clara Neri, sales Milan", 214),
    ),
    jobs=(JobStory("linear-regression", {"epochs": 500, "learning_rate": 0.05, "rows": 600, "noise": 0.6, "seed": 1}),),
)
