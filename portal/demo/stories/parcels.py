"""TRI, the lead story: digits on parcels, from a pile on the sorting table to a signed benefit."""

from portal.demo.story import ContractStory, KpiStory, ProjectStory, Quote, repeats

STORY = ProjectStory(
    key="TRI",
    title="Parcel digit reader",
    summary="Reads the handwritten postcode digits on parcels in depots Bremen and Lübeck",
    demand=(
        "Seven parcels in a hundred go to the wrong chute because the old reader mistakes a handwritten digit. Each"
        " costs a second pass by hand, 2.7 minutes at EUR 32.40 an hour. Parcel Operations asks for a reader that "
        "knows our customers' handwriting, cheap enough for the cameras that hang there already."
    ),
    portfolio="Parcels and service",
    sponsor="parcels",
    lead="lena.hoffmann",
    members=("paul.adeyemi", "mei.tanaka", "vera.blank"),
    reached=(13, 11, 9, 7, 6, 4),
    plan=(12, 9, 7, 6, 4, -2),
    planned={"compute": 2_400, "people": 168_000, "data": 42_000, "other": 18_000},
    spent={"people": 139_200, "data": 35_750, "other": 11_900},
    kpis=(
        KpiStory(
            name="Parcels misread",
            definition="Share of parcels with a handwritten postcode that the reader sends to a wrong chute",
            unit="%",
            direction="lower",
            baseline=7.1,
            target=3.0,
            source="sorter log, both pilot depots",
            owner="lena.hoffmann",
            values=(7.1, 7.2, 7.0, 7.1, 7.2, 7.0, 6.6, 6.1, 5.6, 5.1, 4.8, 4.6),
            contract=ContractStory(
                metric="test_accuracy",
                metric_baseline=0.929,
                sensitivity=-100.0,
                sensitivity_sd=12.0,
                units_per_year=4_380_000,
                units_label="Parcels with handwriting",
                worth_micro=14_580,
                upkeep=31_400,
                basis="12,000 a day × 365; a misread is 2.7 min at EUR 32.40 an hour; six weeks side by side in Bremen",
                signed=3,
            ),
        ),
        KpiStory(
            name="Dock to sorter",
            definition="Median minutes from unloading a parcel to its first scan",
            unit="min",
            direction="lower",
            baseline=42.0,
            target=34.0,
            source="scanner log",
            owner="mei.tanaka",
            values=(42.0, 41.8, 42.4, 42.1, 41.7, 42.0, 41.1, 40.2, 39.0, 38.1, 37.0, 36.4),
        ),
    ),
    quotes=(
        Quote(5, "The reject bin is empty at six. It used to be a second shift.", "Maria López, depot Bremen", 6),
        Quote(3, "Ones and sevens from Italian senders still come to my table.", "Oskar Stein, hand sorting Lübeck", 9),
        Quote(4, "I can see the picture and the digit it read, so I trust it.", "Farid Khan, shift lead Bremen", 17),
        Quote(4, "Fewer angry calls about parcels on tour through the country.", "Anna Kowalski, customer desk", 31),
        Quote(4, "Night shift sorts by hand only what it marks.", "Maria López, depot Bremen", 57),
        Quote(4, "Wet labels are read now.", "Farid Khan, shift lead Bremen", 84),
        Quote(3, "Still too many for me after lunch.", "Oskar Stein, hand sorting Lübeck", 112),
        Quote(3, "The screen asks me too late, the belt is faster.", "Farid Khan, shift lead Bremen", 148),
        Quote(3, "Better than last month. Not yet good.", "Oskar Stein, hand sorting Lübeck", 183),
        Quote(2, "It reads every seven as a one.", "Maria López, depot Bremen", 221),
    ),
    jobs=repeats("image-classifier", epochs=40, batch_size=32),
)
