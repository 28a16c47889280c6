"""What each release opened and closed."""

from warehouse.revisions import run_sql

revision = "s006"
down_revision = "s005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s006_restatement.sql")
