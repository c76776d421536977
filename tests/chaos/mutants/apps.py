"""Applies one mutant when the applications are ready."""

from django.apps import AppConfig
from django.conf import settings


class Mutants(AppConfig):
    name = "mutants"

    def ready(self) -> None:
        from mutants import guards

        getattr(guards, settings.MUTANT, lambda: None)()
