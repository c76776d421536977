"""Rows of the models with a history as they were at a past moment."""

from datetime import datetime

from django.db.models import Model, OuterRef, QuerySet, Subquery


def rows_by(model: type[Model], moment: datetime) -> QuerySet:
    """The rows of a model as they had been written by a moment; it can be filtered like the table itself."""
    written = model.history.filter(history_date__lte=moment)  # type: ignore[attr-defined]
    newest = written.filter(id=OuterRef("id")).order_by("-history_date", "-history_id").values("history_id")[:1]
    return written.filter(history_id=Subquery(newest)).as_instances()
