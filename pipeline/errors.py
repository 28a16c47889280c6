"""What may be said of an error: never a value of the data."""

from __future__ import annotations

import psycopg
import psycopg2


def describe(error: BaseException) -> str:
    """One line for people and logs. A database error may quote a row: only its code is said."""
    name = type(error).__name__
    if isinstance(error, psycopg.Error):
        return f"{name} (SQLSTATE {error.sqlstate or 'none'})"
    if isinstance(error, psycopg2.Error):
        return f"{name} (SQLSTATE {error.pgcode or 'none'})"
    return f"{name}: {' '.join(str(error).split())}"
