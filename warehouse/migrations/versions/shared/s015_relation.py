"""Rules of the relation of two diagnoses, published figures, and how invasive a family is."""

from warehouse.revisions import run_sql

revision = "s015"
down_revision = "s014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s015_relation.sql")
