"""Schemas, rights and run context of one payor."""

from warehouse.revisions import run_sql

revision = "p001"
down_revision = None
branch_labels = ("payor",)
depends_on = None


def upgrade() -> None:
    run_sql("p001_payor.sql")
