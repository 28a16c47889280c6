"""The whole ICD-10-CM, CCSR and crosswalk of the public samples, in their publishers' forms."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.settings import Settings
from tests.ingestion.samples import SAMPLES
from warehouse.codebook.load import load
from warehouse.connection import connect

FOLDER = SAMPLES / "reference"


def load_all(settings: Settings, scratch: Path) -> None:
    """Load the code list of fiscal year 2024, its grouping and the ICD-9 crosswalk."""
    with connect(settings) as conn:
        load(conn, "icd-10-cm", "FY2024", FOLDER / "icd" / "icd10cm-codes-2024.txt.gz")
        load(conn, "ccsr-dx", "v2023.1", ccsr(scratch))
        load(conn, "gem-icd-9-cm", "2018", FOLDER / "icd" / "icd9toicd10cmgem.csv.gz")


def ccsr(folder: Path) -> Path:
    """One CSV of the grouping's three parts; two of them hold their first row as column names."""
    parts = [
        pq.read_table(FOLDER / "ccsr" / f"dxccsr_v2023_1_cleaned_map_{n}.parquet") for n in range(3)
    ]
    names = parts[0].column_names
    path = folder / "dxccsr_v2023_1.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        for number, part in enumerate(parts):
            if number:
                writer.writerow(map(_cell, part.column_names))
            for row in zip(*(part.column(n).to_pylist() for n in range(len(names))), strict=True):
                writer.writerow(map(_cell, row))
    return path


def _cell(value: str) -> str:
    empty = value is None or value == "nan" or value.startswith("Unnamed")
    # a repeated column name was numbered
    return "" if empty else value.split(".")[0] if value[:3].isupper() else value
