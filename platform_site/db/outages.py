"""Which errors say that the database is away for the moment, and nothing of what was asked of it."""

import sqlite3

import psycopg
from django.db import InterfaceError, OperationalError

RETRY_AFTER = 5  # seconds
# Connection refused or lost, shutting down, starting up, too many connections.
STATES = ("08", "57P", "53300")
SQLITE = ("SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_IOERR")


def is_outage(error: BaseException) -> bool:
    """Whether trying again later is all that can be done. A deadlock or an unknown table is no outage."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return str(getattr(cause, "sqlite_errorname", "")).startswith(SQLITE)
    if isinstance(cause, psycopg.Error) and cause.sqlstate:
        return cause.sqlstate.startswith(STATES)
    # What never reached the server has no state: no connection, none free in the pool, one that broke.
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) or "connection" in str(error)


def told(error: BaseException) -> str:
    """The error in one line of a log: without the address of the database, and without a traceback."""
    cause = error.__cause__ or error
    name = getattr(cause, "sqlite_errorname", "") or getattr(cause, "sqlstate", "") or ""
    return f"{type(cause).__name__} {name}".strip()
