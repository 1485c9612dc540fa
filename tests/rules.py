"""Tries to break a rule of the database, through the ORM and past it by SQL; each attempt in a savepoint of its own."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, models, transaction

UNIQUE = "UNIQUE|unique"
FOREIGN_KEY = "FOREIGN KEY|foreign key"


@contextmanager
def refused(by: str) -> Iterator[None]:
    """The body breaks the rule `by`: a part of the error's text (the name of a CHECK, the message of a trigger)."""
    with pytest.raises((IntegrityError, DataError), match=by), transaction.atomic():
        yield
        connection.check_constraints()  # foreign keys are looked at when a transaction ends


def sql(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def update_by_sql(row: models.Model, **values: Any) -> int:
    # By attribute name, so that a foreign key is given by its value.
    by_name = {field.attname: field for field in row._meta.concrete_fields}
    fields = {by_name[name]: value for name, value in values.items()}
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    prepared = [field.get_db_prep_save(value, connection) for field, value in fields.items()]
    return sql(f"UPDATE {row._meta.db_table} SET {columns} WHERE id = %s", *prepared, row.pk)


def insert_by_sql(row: models.Model) -> int:
    fields = row._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    prepared = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    return sql(f"INSERT INTO {row._meta.db_table} ({columns}) VALUES ({', '.join(['%s'] * len(fields))})", *prepared)


def delete_by_sql(row: models.Model) -> int:
    return sql(f"DELETE FROM {row._meta.db_table} WHERE id = %s", row.pk)


def cannot_become(row: models.Model, by: str, **values: Any) -> None:
    with refused(by):
        type(row)._base_manager.filter(pk=row.pk).update(**values)
    with refused(by):
        update_by_sql(row, **values)


def can_become(row: models.Model, **values: Any) -> None:
    assert update_by_sql(row, **values) == 1
    connection.check_constraints()
    row.refresh_from_db()


def cannot_be_added(row: models.Model, by: str) -> None:
    with refused(by):
        copy.copy(row).save(force_insert=True)
    with refused(by):
        insert_by_sql(row)


def can_be_added(row: models.Model) -> None:
    assert insert_by_sql(row) == 1
    connection.check_constraints()


def cannot_be_deleted(row: models.Model, by: str, *, by_sql: str = "") -> None:
    """`by_sql` where the database words it otherwise than Django's own protection."""
    with refused(by):
        type(row)._base_manager.get(pk=row.pk).delete()
    with refused(by_sql or by):
        delete_by_sql(row)


def only_the_orm_deletes(row: models.Model) -> None:
    """Cascades are Django's: it takes the children along, plain SQL is refused."""
    with refused(FOREIGN_KEY):
        delete_by_sql(row)
    type(row)._base_manager.get(pk=row.pk).delete()
    connection.check_constraints()
    assert not type(row)._base_manager.filter(pk=row.pk).exists()
