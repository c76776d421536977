"""Database triggers that refuse UPDATE and DELETE on a table, for SQLite and PostgreSQL alike."""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import RunPython


def append_only(*tables: str) -> RunPython:
    """A migration operation that makes tables append-only, whoever writes.

    It is repeated after each migration that adds columns: SQLite makes the table anew then and drops its triggers.
    """

    def forwards(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        for table in tables:
            _refuse_changes(editor, table)

    def backwards(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        for table in tables:
            _allow_changes(editor, table)

    return RunPython(forwards, backwards)


def _refuse_changes(editor: BaseDatabaseSchemaEditor, table: str) -> None:
    message = f"{table} is append-only: post a reversal instead"
    if editor.connection.vendor == "postgresql":
        editor.execute(
            f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        editor.execute(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
        editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb.lower()}")
        editor.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def _allow_changes(editor: BaseDatabaseSchemaEditor, table: str) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP FUNCTION IF EXISTS {table}_append_only() CASCADE")
        return
    for verb in ("update", "delete"):
        editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
