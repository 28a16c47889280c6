"""A file may fill several raw tables."""

from warehouse.revisions import run_sql

revision = "s007"
down_revision = "s006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s007_targets.sql")
