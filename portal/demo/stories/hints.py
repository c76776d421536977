"""DPH: data are being gathered; nobody has said yet what it is worth."""

from portal.demo.story import KpiStory, ProjectStory, Quote

STORY = ProjectStory(
    key="DPH",
    title="Dynamic price hints",
    summary="Hints to the sales desk which spot price a shipper would accept",
    demand=(
        "Spot offers are priced by feeling; one in three is taken. Sales asks for a hint beside the price field, "
        "with a floor that keeps the margin. The privacy review of customer histories is open."
    ),
    portfolio="Parcels and service",
    sponsor="sales",
    lead="daniel.okafor",
    members=("mei.tanaka", "sofia.marques"),
    reached=(5, 2),
    plan=(3, 0, -3, -4, -6, -9),
    planned={"compute": 2_000, "people": 96_000, "data": 34_000, "other": 8_000},
    spent={"people": 29_800, "data": 11_200, "other": 900},
    kpis=(
        KpiStory(
            name="Spot offers taken",
            definition="Share of spot offers that the shipper accepts",
            unit="%",
            direction="higher",
            baseline=33.0,
            target=39.0,
            source="offer desk",
            owner="daniel.okafor",
            values=(32.4, 33.1, 33.6, 32.9, 33.0, 32.7, 33.4, 33.2, 32.8, 33.1, 33.5, 33.0),
        ),
    ),
    quotes=(Quote(3, "I would use a hint. I would not want to be told.", "Nora Lind, offer desk", 23),),
)
