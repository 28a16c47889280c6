"""The reviewed contract of the published relations: `migrations/mart_contract.json`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parent / "migrations" / "mart_contract.json"
TOUCHES = ("case", "whole")
TOUCH_COLUMN = "case_key"


@dataclass(frozen=True)
class Relation:
    """One published relation. touch: which rows a run's candidates speak for."""

    name: str
    key: tuple[str, ...]
    touch: str
    columns: dict[str, str]

    @property
    def is_by_case(self) -> bool:
        return self.touch == "case"

    def hash_expression(self, alias: str) -> str:
        """SQL: uuid of all columns, by name, typed as in the contract; null differs from ''."""
        values = ", ".join(f"{alias}.{name}::{self.columns[name]}" for name in sorted(self.columns))
        return f"md5(row({values})::text)::uuid"


def load(path: Path = PATH) -> tuple[str, tuple[Relation, ...]]:
    """(contract version, relations in order of name)."""
    relations = json.loads(path.read_text())["relations"]
    return version(relations), tuple(
        Relation(name, tuple(body["key"]), body["touch"], body["columns"])
        for name, body in sorted(relations.items())
    )


def dump(relations: dict[str, Any], path: Path = PATH) -> str:
    """Write the file; returns the contract version."""
    content = {"contract_version": version(relations), "relations": relations}
    path.write_text(json.dumps(content, indent=1) + "\n")
    return version(relations)


def version(relations: dict[str, Any]) -> str:
    """Hash of names, keys, columns and types; the order in the file does not count."""
    return hashlib.sha256(json.dumps(relations, sort_keys=True).encode()).hexdigest()[:12]
