"""Rules that a CHECK cannot say (they compare with the old row or another table), written once for both databases."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation


@dataclass(frozen=True)
class Trigger:
    """Refuses a row change where `refuse_if` (SQL over OLD and NEW) holds; the database raises an integrity error.

    Only SQL that PostgreSQL and SQLite share: IS DISTINCT FROM, EXISTS, IN, LIKE on lower-case text.
    """

    name: str
    table: str
    on: Literal["INSERT", "UPDATE", "DELETE"]
    refuse_if: str
    message: str

    def forwards(self, vendor: str) -> list[str]:
        if vendor == "sqlite":
            return [
                (
                    f"CREATE TRIGGER {self.name} BEFORE {self.on} ON {self.table} FOR EACH ROW WHEN {self.refuse_if} "
                    f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
                )
            ]
        kept = "OLD" if self.on == "DELETE" else "NEW"
        return [
            (
                f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {self.refuse_if} THEN RAISE EXCEPTION '{self.message}' USING ERRCODE = 'check_violation'; END IF; "
                f"RETURN {kept}; END $$"
            ),
            f"CREATE TRIGGER {self.name} BEFORE {self.on} ON {self.table} FOR EACH ROW EXECUTE FUNCTION {self.name}()",
        ]

    def backwards(self, vendor: str) -> list[str]:
        if vendor == "sqlite":
            return [f"DROP TRIGGER IF EXISTS {self.name}"]
        return [f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}", f"DROP FUNCTION IF EXISTS {self.name}()"]


def add_rules(*rules: Trigger) -> migrations.RunPython:
    """The migration operation that installs `rules`, in the place of older ones of the same names.

    A later migration that changes a table which a rule stands on or mentions does so within `rules_kept`: SQLite
    rebuilds a table for most changes, loses its triggers, and refuses where another mentions it. One that changes a
    rule begins with `remove_rules` and ends with `add_rules`.
    """
    return migrations.RunPython(partial(install, rules), partial(uninstall, rules))


def remove_rules(*rules: Trigger) -> migrations.RunPython:
    """The migration operation that takes `rules` away, until `add_rules` or for good."""
    return migrations.RunPython(partial(uninstall, rules), partial(install, rules))


def rules_kept(*operations: Operation) -> list[Operation]:
    """`operations` on tables of any app, with every rule of the database aside meanwhile and in its place afterwards.

    On SQLite that is what changes to a table need, whichever apps' rules stand on it or mention it. PostgreSQL keeps
    its triggers and is left alone.
    """
    return [migrations.RunPython(set_aside, put_back), *operations, migrations.RunPython(put_back, set_aside)]


def set_aside(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    connection: Any = editor.connection
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        connection.rules_aside = cursor.fetchall()
    for name, _ in connection.rules_aside:
        editor.execute(f"DROP TRIGGER {name}", params=None)


def put_back(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    connection: Any = editor.connection
    if connection.vendor != "sqlite":
        return
    for _, sql in connection.rules_aside:
        editor.execute(sql, params=None)
    del connection.rules_aside


def install(rules: tuple[Trigger, ...], apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    uninstall(rules, apps, editor)
    for rule in rules:
        for sql in rule.forwards(editor.connection.vendor):
            editor.execute(sql, params=None)


def uninstall(rules: tuple[Trigger, ...], apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    for rule in rules:
        for sql in rule.backwards(editor.connection.vendor):
            editor.execute(sql, params=None)
