"""Identifiers live in `vault` only; consultations without a member id are linked there."""

from warehouse.revisions import run_sql

revision = "s012"
down_revision = "s015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql("s012_linkage.sql")
