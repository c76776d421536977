"""Create the tables of the MLflow store once, before workers start."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        from experiments.tracking import prepare_store

        prepare_store()
