"""The whole ICD-10-CM, CCSR and crosswalk of the public samples, in their publishers' forms."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.settings import Settings
from tests.ingestion.samples import SAMPLES
from warehouse.codebook.load import load
from warehouse.connection import connect

FOLDER = SAMPLES / "reference"
WIDTH = 18


def load_all(settings: Settings, scratch: Path) -> None:
    """Load the code list of fiscal year 2024, its grouping and the ICD-9 crosswalk."""
    with connect(settings) as conn:
        load(conn, "icd-10-cm", "FY2024", FOLDER / "icd" / "icd10cm-codes-2024.txt.gz")
        load(conn, "ccsr-dx", "v2023.1", ccsr(scratch))
        load(conn, "gem-icd-9-cm", "2018", FOLDER / "icd" / "icd9toicd10cmgem.csv.gz")


def ccsr(folder: Path) -> Path:
    """One CSV of the grouping's three parts; the later two are narrower, with a row as names."""
    path = folder / "dxccsr_v2023_1.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        for number in range(3):
            part = pq.read_table(FOLDER / "ccsr" / f"dxccsr_v2023_1_cleaned_map_{number}.parquet")
            if number < 2:
                writer.writerow(_row(part.column_names))
            for row in zip(*(column.to_pylist() for column in part.columns), strict=True):
                writer.writerow(_row(row))
    return path


def _row(cells: Sequence[str | None]) -> list[str]:
    return [*map(_cell, cells), *[""] * (WIDTH - len(cells))]


def _cell(value: str | None) -> str:
    return "" if value is None or value == "nan" or value.startswith("Unnamed") else value
