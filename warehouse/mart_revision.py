"""`python -m warehouse.mart_revision [MANIFEST]`: write the mart contract from dbt's manifest.

A model is published when its config has `meta: {mart: {key: [...], touch: case|whole}}`; its
columns and types are those of its enforced dbt contract. The file is reviewed and committed;
`init` applies it and needs no dbt.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from pipeline.settings import ROOT
from warehouse.mart_contract import TOUCH_COLUMN, TOUCHES, dump

MANIFEST = ROOT / "dbt_project" / "target" / "manifest.json"
SYNONYMS = {"int": "integer", "int4": "integer", "int8": "bigint", "bool": "boolean"}
TYPE = re.compile(r"^(text|date|integer|bigint|boolean|uuid|numeric\(\d+,\d+\))$")


class MartModelError(ValueError):
    """A model cannot be published as it is described. Facts: model, reason."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"E-MART-MODEL {model}: {reason}")
        self.model, self.reason = model, reason


def relations(manifest: dict[str, Any]) -> dict[str, Any]:
    """Contract relations by name, from a decoded manifest. Raises MartModelError."""
    found = {
        node["name"]: _relation(node)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and _meta(node)
    }
    if not found:
        raise MartModelError("*", "no model has config.meta.mart")
    return dict(sorted(found.items()))


def _meta(node: dict[str, Any]) -> dict[str, Any] | None:
    meta: dict[str, Any] | None = node.get("config", {}).get("meta", {}).get("mart")
    return meta


def _relation(node: dict[str, Any]) -> dict[str, Any]:
    name, meta = node["name"], _meta(node) or {}
    columns = {
        column["name"]: _type(name, column.get("data_type") or "")
        for column in node["columns"].values()
    }
    key, touch = list(meta.get("key", [])), meta.get("touch")
    faults = (
        (touch not in TOUCHES, f"touch must be one of {', '.join(TOUCHES)}"),
        (key[:1] != ["payor_id"], "the key must start with payor_id"),
        (not set(key) <= set(columns), "a key column is not in the contract"),
        (touch == "case" and TOUCH_COLUMN not in columns, f"touch case needs {TOUCH_COLUMN}"),
        (not node.get("config", {}).get("contract", {}).get("enforced"), "contract not enforced"),
    )
    for is_faulty, reason in faults:
        if is_faulty:
            raise MartModelError(name, reason)
    return {"key": key, "touch": touch, "columns": columns}


def _type(model: str, declared: str) -> str:
    kind = re.sub(r"\s+", "", declared.lower())
    kind = SYNONYMS.get(kind, kind)
    if not TYPE.match(kind):
        raise MartModelError(model, f"unusable type {declared!r}")
    return kind


def main(arguments: list[str]) -> int:
    """Write the contract and print its version."""
    path = Path(arguments[0]) if arguments else MANIFEST
    print(dump(relations(json.loads(path.read_text()))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
