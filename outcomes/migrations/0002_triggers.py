"""Evidence, decisions and realisations stay as written; a signed contract changes only from signed to superseded."""

from django.db import migrations

from people.append_only import append_only

TABLE = "outcomes_valuecontract"
MESSAGE = "a signed value contract never changes: draft a new version instead"
COLUMNS = ("kpi_id version metric metric_baseline sensitivity sensitivity_sd units_per_year units_label worth_micro "
           "upkeep_minor currency method estimate valid_from valid_to owner_id basis signed_by_id signed_at").split()
TO_SUPERSEDED = "(NEW.status = OLD.status OR (OLD.status = 'signed' AND NEW.status = 'superseded'))"


def forwards(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"CREATE FUNCTION {TABLE}_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'status') = (to_jsonb(OLD) - 'status') AND {TO_SUPERSEDED} "
            f"THEN RETURN NEW; END IF; "
            f"RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        editor.execute(f"CREATE TRIGGER {TABLE}_final BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW "
                       f"WHEN (OLD.status <> 'draft') EXECUTE FUNCTION {TABLE}_final()")
        return
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in COLUMNS)
    editor.execute(f"CREATE TRIGGER {TABLE}_final_update BEFORE UPDATE ON {TABLE} "
                   f"WHEN OLD.status <> 'draft' AND NOT ({same} AND {TO_SUPERSEDED}) "
                   f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END")
    editor.execute(f"CREATE TRIGGER {TABLE}_final_delete BEFORE DELETE ON {TABLE} WHEN OLD.status <> 'draft' "
                   f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END")


def backwards(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP FUNCTION {TABLE}_final() CASCADE")
        return
    editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_final_update")
    editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_final_delete")


class Migration(migrations.Migration):
    replaces = [("outcomes", "0003_append_only"), ("outcomes", "0004_signed_is_final"), ("outcomes", "0006_triggers")]
    dependencies = [("outcomes", "0001_tables")]
    operations = [migrations.RunPython(forwards, backwards), append_only("outcomes_measurement", "outcomes_evidencesnapshot", "outcomes_gatedecision", "outcomes_benefitrealisation")]
