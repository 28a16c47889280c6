"""What Python estimates between facts and aggregates: intervals and the agreement of readers."""

from __future__ import annotations

import psycopg

from evaluation import intervals, reading


def ensure_tables(conn: psycopg.Connection, payor: str) -> None:
    """Make the payor's tables of estimates where they are not there yet."""
    intervals.ensure_table(conn, payor)
    reading.ensure_table(conn, payor)


def write_estimates(conn: psycopg.Connection, payor: str) -> int:
    """Replace the payor's estimates; returns how many rows. The caller owns the transaction."""
    return intervals.write_intervals(conn, payor) + reading.write_agreement(conn, payor)
