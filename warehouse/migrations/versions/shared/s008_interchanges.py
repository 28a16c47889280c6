"""Interchange control numbers are used once."""

from warehouse.revisions import run_sql

revision = "s008"
down_revision = "s007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s008_interchanges.sql")
