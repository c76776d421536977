"""WSI: a project that has spent its money and needs a decision."""

from portal.demo.story import ContractStory, JobStory, KpiStory, ProjectStory, Quote

STORY = ProjectStory(
    key="WSI",
    title="Weld-seam inspection",
    summary="Judges weld seams from camera pictures on line 4",
    demand=(
        "A bad seam that leaves line 4 comes back as a warranty case of EUR 780 on average. Inspectors look at one "
        "seam in five. Manufacturing asks for a judgement on every seam within the cycle time of nine seconds."
    ),
    portfolio="Plant and supply",
    sponsor="works",
    lead="ingrid.solberg",
    members=("paul.adeyemi",),
    reached=(15, 12, 9, 2),
    plan=(14, 10, 6, 3, 1, -1),
    planned={"compute": 6_000, "people": 214_000, "data": 74_000, "other": 16_000},
    spent={"people": 226_400, "data": 73_100, "other": 14_800},
    kpis=(
        KpiStory(
            name="Seams back under warranty",
            definition="Warranty cases for a seam per 10,000 welded",
            unit="per 10,000",
            direction="lower",
            baseline=8.4,
            target=5.0,
            source="warranty system",
            owner="ingrid.solberg",
            values=(8.5, 8.2, 8.6, 8.4, 8.3, 8.7, 8.1, 8.4, 8.2, 8.5, 8.0, 8.2),
            contract=ContractStory(
                metric="test_accuracy",
                metric_baseline=0.955,
                sensitivity=-110.0,
                sensitivity_sd=45.0,
                units_per_year=1_460_000,
                units_label="Seams welded",
                worth_micro=78_000,
                upkeep=52_000,
                basis="EUR 780 a case; 1,120 seams cut open in the laboratory",
            ),
        ),
    ),
    quotes=(
        Quote(2, "Reflections on wet seams fool it. I switch it off when we clean.", "Per Aune, line 4", 8),
        Quote(3, "Good on straight seams. Corners are a coin toss.", "Ilse Brandt, laboratory", 21),
        Quote(4, "It sees pores that I need the lamp for.", "Ilse Brandt, laboratory", 71),
        Quote(3, "Good on the bench. The line shakes.", "Per Aune, line 4", 118),
    ),
    jobs=(JobStory("image-classifier", {"epochs": 4, "batch_size": 64, "learning_rate": 0.0005, "seed": 1}),),
)
