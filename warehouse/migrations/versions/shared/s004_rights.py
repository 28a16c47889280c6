"""Rights of the steps."""

from warehouse.revisions import run_sql

revision = "s004"
down_revision = "s003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s004_rights.sql")
