"""Reference tables."""

from warehouse.revisions import run_sql

revision = "s002"
down_revision = "s001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s002_reference.sql")
