"""Large files in tables of their own: parts of the raw tables."""

from warehouse.revisions import run_sql

revision = "s016"
down_revision = "s012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s016_parts.sql")
