"""What readers decided about diagnosis pairs."""

from warehouse.revisions import run_sql

revision = "s014"
down_revision = "s011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s014_adjudication.sql")
