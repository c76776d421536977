"""The product's settings with MUTANT applied once its models are there."""

import os

from portal.settings import *  # noqa: F403
from portal.settings import DATABASES, INSTALLED_APPS

MUTANT = os.environ["MUTANT"]
INSTALLED_APPS = [*INSTALLED_APPS, "mutants.apps.Mutants"]
if MUTANT == "deferred_transactions":
    DATABASES["default"]["OPTIONS"]["transaction_mode"] = "DEFERRED"
