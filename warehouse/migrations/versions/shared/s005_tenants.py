"""Tenants and live health."""

from warehouse.revisions import run_sql

revision = "s005"
down_revision = "s004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s005_tenants.sql")
