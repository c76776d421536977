"""Foreign keys of many rows at once, however many there are."""

from collections.abc import Iterable

from django.db.models import ForeignKey, Model


def fetch(rows: Iterable[Model], *names: str) -> None:
    """Read what these foreign keys point at, each row once.

    `prefetch_related` compares key by key with OR (Django 5.2), and SQLite refuses more than a thousand comparisons.
    """
    rows = list(rows)
    for name in names if rows else ():
        field = rows[0]._meta.get_field(name)
        assert isinstance(field, ForeignKey)  # noqa: S101 whoever names another field sees it in the first test
        keys = {getattr(row, field.attname) for row in rows} - {None}
        found = field.related_model._default_manager.in_bulk(keys)
        for row in rows:
            setattr(row, name, found.get(getattr(row, field.attname)))
