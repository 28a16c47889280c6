"""A loaded receipt agrees with the stored rows."""

from warehouse.revisions import run_sql

revision = "s003"
down_revision = "s002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s003_conservation.sql")
