"""SPA: the youngest demand, with a little money to look closer: a manager decides on every job."""

from portal.demo.story import JobStory, KpiStory, ProjectStory

STORY = ProjectStory(
    key="SPA",
    title="Shift planning assistant",
    summary="Proposes shift plans that respect wishes, rest times and the parcel forecast",
    demand=(
        "Planners spend two days a week on shift plans and still pay overtime for peaks that were forecast. Parcel "
        "Operations and the works council ask for plans that people accept: wishes first, rest times always."
    ),
    portfolio="Parcels and service",
    sponsor="parcels",
    lead="mei.tanaka",
    members=("vera.blank",),
    reached=(2,),
    plan=(0, -2, -4, -5, -6, -9),
    planned={"compute": 500, "people": 18_000, "data": 4_000},
    spent={"people": 4_600},
    kpis=(
        KpiStory(
            name="Overtime hours",
            definition="Paid overtime per 1,000 hours worked in the depots",
            unit="h per 1,000",
            direction="lower",
            baseline=38.0,
            target=27.0,
            source="payroll",
            owner="mei.tanaka",
            values=(35.2, 41.9, 33.8, 34.6, 36.1, 37.4, 38.8, 37.9, 38.2, 38.6, 37.7, 39.4),
        ),
    ),
    jobs=(JobStory("linear-regression", {"dataset": "diabetes", "epochs": 2000}),),
    approval_above=0,
)
