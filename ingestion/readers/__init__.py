"""Readers of layouts whose records are not canonical rows; a contract names one as `reader`.

Each module offers `recognise`, `read` and `options`: see `ingestion.records.ReaderModule`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from ingestion.records import ReaderModule


def reader_names() -> tuple[str, ...]:
    """Names of all readers, in alphabetical order."""
    folder = Path(__file__).parent
    modules = [path.stem for path in folder.glob("*.py")]
    packages = [path.parent.name for path in folder.glob("*/__init__.py")]
    return tuple(sorted(name for name in modules + packages if not name.startswith("_")))


@cache
def load_reader(name: str) -> ReaderModule:
    """The module of that name. `name` comes from a checked contract."""
    return cast(ReaderModule, import_module(f"ingestion.readers.{name}"))
