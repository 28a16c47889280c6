"""Which code made a release: a hash of everything that can change a figure."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from pipeline.settings import ROOT

PIN = "SECOND_OPINION_CODE_REVISION"
# Reference data and the mart contract have hashes of their own; gates and publishing let rows pass
# or not, but do not make them.
FOLDERS = ("ingestion", "dbt_project/models", "dbt_project/macros", "evaluation")
SUFFIXES = {".py", ".sql", ".yml", ".csv", ".json"}


def code_revision() -> str:
    """The pinned revision (an image that is known by its digest says so), else the tree's hash."""
    return os.environ.get(PIN) or tree_hash(ROOT)


@cache
def tree_hash(root: Path) -> str:
    """First 16 hex digits of a sha256 over paths and contents; needs no version control."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
