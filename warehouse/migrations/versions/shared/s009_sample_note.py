"""A payor may say how its members were chosen."""

from warehouse.revisions import run_sql

revision = "s009"
down_revision = "s008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s009_sample_note.sql")
