"""Placeholders and adjustment codes: dated data that rows are judged by."""

from warehouse.revisions import run_sql

revision = "s011"
down_revision = "s010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s011_row_rules.sql")
