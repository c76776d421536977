"""Evidence, decisions and realisations are append-only; signed contracts are final with their new columns as well."""

from django.db import migrations

from people.append_only import append_only

TABLE = "outcomes_valuecontract"
MESSAGE = "a signed value contract never changes: draft a new version instead"
COLUMNS = ("kpi_id version metric metric_baseline sensitivity sensitivity_sd units_per_year units_label worth_micro "
           "upkeep_minor currency method estimate valid_from valid_to owner_id basis signed_by_id signed_at").split()
TO_SUPERSEDED = "(NEW.status = OLD.status OR (OLD.status = 'signed' AND NEW.status = 'superseded'))"


def final_again(apps, editor):
    """SQLite made the table anew for its columns and dropped the triggers; PostgreSQL compares whole rows anyway."""
    if editor.connection.vendor == "postgresql":
        return
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in COLUMNS)
    for verb in ("update", "delete"):
        editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_final_{verb}")
    editor.execute(f"CREATE TRIGGER {TABLE}_final_update BEFORE UPDATE ON {TABLE} "
                   f"WHEN OLD.status <> 'draft' AND NOT ({same} AND {TO_SUPERSEDED}) "
                   f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END")
    editor.execute(f"CREATE TRIGGER {TABLE}_final_delete BEFORE DELETE ON {TABLE} WHEN OLD.status <> 'draft' "
                   f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END")


def drop(apps, editor):
    """Before its columns go, on SQLite."""
    if editor.connection.vendor != "postgresql":
        for verb in ("update", "delete"):
            editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_final_{verb}")


class Migration(migrations.Migration):
    dependencies = [("outcomes", "0005_gates_benefits_objectives")]
    operations = [
        migrations.RunPython(final_again, drop),
        *[
            append_only(f"outcomes_{table}")
            for table in ("measurement", "evidencesnapshot", "gatedecision", "benefitrealisation")
        ],
    ]
