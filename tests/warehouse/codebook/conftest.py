"""Sample lists are read once; loads happen in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pipeline.settings import Settings
from tests.ingestion.samples import HAS_SAMPLES, SAMPLES
from warehouse.codebook import diagnosis, read
from warehouse.codebook.kinds import code_systems
from warehouse.connection import connect

REFERENCE = SAMPLES / "reference"
CODES_2024 = REFERENCE / "icd" / "icd10cm-codes-2024.txt.gz"
FILES = Path(__file__).parent / "files"
NEEDS_SAMPLES = pytest.mark.skipif(
    not HAS_SAMPLES, reason="the public sample files are not beside this checkout"
)


@pytest.fixture(scope="session")
def tree() -> dict[str, dict[str, object]]:
    """Every node of the American list of fiscal year 2024, by code, as it would be stored."""
    if not HAS_SAMPLES:
        pytest.skip("the public sample files are not beside this checkout")
    entries = [record.values for record in read.icd_text(CODES_2024).records]
    rows = diagnosis.rows(code_systems()["icd-10-cm"], entries)
    return {str(row[1]): dict(zip(diagnosis.COLUMNS, row, strict=True)) for row in rows}


@pytest.fixture
def owner(settings: Settings) -> Iterator[psycopg.Connection]:
    """A connection of the owner; nothing it does stays."""
    with connect(settings) as conn:
        conn.execute("select 1")  # begins the transaction inside which every load is a savepoint
        yield conn
        conn.rollback()
