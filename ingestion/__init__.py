"""Takes delivered files in: receipt, preflight, typed rows or quarantine.

Plain functions on a psycopg2 connection and paths. Knows no scheduler, no dbt, no warehouse code.
"""

from ingestion.landing import discover
from ingestion.load import Outcome, receive

__all__ = ["Outcome", "discover", "receive"]
