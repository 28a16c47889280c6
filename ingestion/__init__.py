"""Takes delivered files in: receipt, preflight, typed rows or quarantine.

Plain functions on a psycopg2 connection and paths. Knows no scheduler, no dbt, no warehouse code.
"""

from ingestion.landing import discover
from ingestion.load import receive
from ingestion.outcome import Outcome

__all__ = ["Outcome", "discover", "receive"]
