"""The Celery application. Start it with `celery -A portal worker` or `celery -A portal beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup
from django.conf import settings

from trainingjobs.presence import Presence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(Presence)


@celeryd_after_setup.connect
def serve_own_queues(**_: Any) -> None:
    """A worker takes hints of the resources that it has, and looks after everything else too."""
    app.amqp.queues.select(["celery", *(f"jobs.{resource}" for resource in settings.WORKER_RESOURCES)])
