"""Indexes that a model cannot state, because only PostgreSQL has or needs them."""

import logging
from typing import Any

from django.apps import AppConfig
from django.db import DatabaseError, connections, migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

logger = logging.getLogger(__name__)


def trigram_index(name: str, *, table: str, column: str) -> migrations.RunPython:
    """Serves `column__icontains`, which no ordinary index can; with pg_trgm, which PostgreSQL brings along.

    The owner of a database may install pg_trgm. Where that is refused, or the package is missing, the search still
    finds everything, by reading the table: the log says so, and docs/indexes.md what to run later.
    """

    def create(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor != "postgresql":
            return
        try:
            with transaction.atomic(using=editor.connection.alias):
                editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
                # The very expression that Django writes for icontains.
                editor.execute(f'CREATE INDEX {name} ON {table} USING gin (upper("{column}"::text) gin_trgm_ops)')
        except DatabaseError as error:
            logger.warning("No index for searching %s.%s, because pg_trgm is not there: %s", table, column, error)

    def drop(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        editor.execute(f"DROP INDEX IF EXISTS {name}")

    return migrations.RunPython(create, drop)


def drop_like_indexes(sender: AppConfig, using: str, plan: Any = None, **kwargs: Any) -> None:
    """Drops the second index that Django gives every text key on PostgreSQL, for LIKE 'beginning%'; after migrations.

    Nobody looks for ids, hashes and codes by their beginning, and each of these indexes is written with every row.
    """
    connection = connections[using]
    if not plan or connection.vendor != "postgresql":
        return
    tables = [model._meta.db_table for model in sender.get_models(include_auto_created=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
            " AND tablename = ANY(%s) AND indexname LIKE '%%\\_like'",
            [tables],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
