"""Which code made a release: a hash of everything that can change a figure."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from pipeline.settings import ROOT

FOLDERS = (
    "ingestion",
    "dbt_project/models",
    "dbt_project/macros",
    "evaluation",
    "expectations",
    "warehouse",
)
SUFFIXES = {".py", ".sql", ".yml", ".csv", ".json"}


@cache
def code_revision(root: Path = ROOT) -> str:
    """First 16 hex digits of a sha256 over paths and contents; needs no version control."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
