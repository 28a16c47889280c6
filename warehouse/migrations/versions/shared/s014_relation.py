"""Rules of the relation of two diagnoses, published figures, and readings of people."""

from warehouse.revisions import run_sql

revision = "s014"
down_revision = "s009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s014_relation.sql")
