"""Bookkeeping: payors, receipts, changes, runs, verdicts, releases."""

from warehouse.revisions import run_sql

revision = "s001"
down_revision = None
branch_labels = ("shared",)
depends_on = None


def upgrade() -> None:
    run_sql("s001_ops.sql")
