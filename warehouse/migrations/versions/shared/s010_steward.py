"""Held files, withdrawn rows, and what a steward did."""

from warehouse.revisions import run_sql

revision = "s010"
down_revision = "s009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s010_steward.sql")
