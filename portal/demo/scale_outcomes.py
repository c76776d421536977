"""Outcomes of the large portfolio: figures and their measurements, runs, worth, voices and benefits."""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.conf import settings

from experiments.models import Dataset, Run
from outcomes.models import Benefit, BenefitPlan, BenefitRealisation, Kpi, Measurement, ValueContract
from portal.demo.calendar import evening, months_before
from portal.demo.scale_world import World, moment, save
from projects.models import Feedback, Project, Station

KPIS, MEASURED_EVERY_DAYS, VOICES, RUNS = 2, 11, 20, 3


def enter_outcomes(world: World, projects: Sequence[Project]) -> None:
    kpis = [
        Kpi(
            project=project,
            name=f"Figure {number}",
            unit="%",
            direction=Kpi.Direction.LOWER,
            owner=project.lead,
            baseline=8.0,
            target=4.0,
        )
        for project in projects
        for number in range(1, KPIS + 1)
    ]
    save(kpis)
    save(_measurements(world, kpis))
    save(_runs(world, projects))
    save(_contracts(world, kpis[::KPIS]))
    save(_voices(world, projects))
    _benefits(world, [project for project in projects if project.station == Station.FEEDBACK])


def _measurements(world: World, kpis: Sequence[Kpi]) -> Iterator[Measurement]:
    days = range(0, (world.today - world.months[0]).days, MEASURED_EVERY_DAYS)
    for kpi in kpis:
        goal = world.dice.uniform(3.0, 7.5)
        for day in days:
            at = evening(world.months[0] + timedelta(days=day))
            value = goal + (8.0 - goal) * math.exp(-3 * day / days.stop) + world.dice.gauss(0, 0.15)
            yield Measurement(
                kpi=kpi,
                value=round(value, 3),
                measured_at=at,
                recorded_at=at + timedelta(hours=2),
                recorded_by=kpi.owner,
                source="scale",
            )


def _runs(world: World, projects: Sequence[Project]) -> Iterator[Run]:
    digest = "5ca1e".ljust(64, "0")
    dataset, _new = Dataset.objects.get_or_create(
        digest=digest, defaults={"name": "scale", "rows": 2000, "splits": {"test": 500}}
    )
    for project in projects:
        for number in range(1, RUNS + 1):
            at = moment(world)
            yield Run(
                project=project,
                name=f"{project.key}-{number}",
                recipe="image-classifier",
                params={"epochs": 3, "seed": number},
                status=Run.Status.FINISHED,
                dataset=dataset,
                metrics={"test_accuracy": round(world.dice.uniform(0.93, 0.99), 4)},
                started_at=at,
                finished_at=at + timedelta(minutes=20),
            )


def _contracts(world: World, kpis: Sequence[Kpi]) -> Iterator[ValueContract]:
    signed = evening(world.months[len(world.months) // 2])
    for index, kpi in enumerate(kpis):
        is_signed = index % 10 < 7
        yield ValueContract(
            kpi=kpi,
            version=1,
            status=ValueContract.Status.SIGNED if is_signed else ValueContract.Status.DRAFT,
            metric_baseline=0.929,
            sensitivity=-100.0,
            sensitivity_sd=12.0,
            units_per_year=world.dice.randint(100_000, 4_000_000),
            units_label="Cases",
            worth_micro=14_580,
            upkeep_minor=1_000_000,
            currency=settings.CURRENCY,
            valid_from=signed.date(),
            owner=kpi.owner,
            basis="Counted, six weeks side by side",
            signed_by=world.controller if is_signed else None,
            signed_at=signed if is_signed else None,
        )


def _voices(world: World, projects: Sequence[Project]) -> Iterator[Feedback]:
    for project in projects:
        for _number in range(VOICES):
            yield Feedback(
                project=project,
                score=min(5, max(1, round(world.dice.gauss(3.8, 0.9)))),
                text="What somebody at the desk says about it.",
                source="Desk",
                received_at=moment(world),
                recorded_by=project.lead,
            )


def _benefits(world: World, projects: Sequence[Project]) -> None:
    benefits = [
        Benefit(
            project=project,
            name="Fewer hours of rework",
            owner=project.lead,
            currency=settings.CURRENCY,
            created_at=evening(world.months[0]),
        )
        for project in projects
    ]
    save(benefits)
    months = world.months[-13:-1]
    save(BenefitPlan(benefit=row, month=month, planned_minor=1_000_000) for row in benefits for month in months)
    save(
        BenefitRealisation(
            benefit=row,
            month=month,
            actual_minor=world.dice.randint(850_000, 1_200_000),
            recorded_at=evening(months_before(month, -1)),
            recorded_by=world.controller,
        )
        for row in benefits
        for month in months
    )
