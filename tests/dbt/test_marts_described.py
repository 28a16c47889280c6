"""Marts and their helpers: tested, described, short-named, and published as the contract says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from warehouse import mart_contract, mart_revision

TAGS = {"facts", "aggregates"}


@pytest.fixture(scope="module")
def manifest(empty_warehouse: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((empty_warehouse / "manifest.json").read_text())
    return found


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and TAGS & set(node["tags"])
    }
    assert len(found) > 25
    return found


def test_every_model_has_a_unit_test(
    manifest: dict[str, Any], models: dict[str, dict[str, Any]]
) -> None:
    tested = {test["model"] for test in manifest["unit_tests"].values()}
    assert set(models) - tested == set()


def test_every_model_states_its_grain_and_describes_its_columns(
    models: dict[str, dict[str, Any]],
) -> None:
    for name, node in models.items():
        assert node["description"].startswith("Grain: one row per"), name
        assert node["columns"], name
        assert all(column["description"] for column in node["columns"].values()), name
        assert max(len(name), *(len(column) for column in node["columns"])) <= 40, name


def test_what_is_published_is_what_the_contract_says(manifest: dict[str, Any]) -> None:
    reviewed = {
        relation.name: {
            "key": list(relation.key),
            "touch": relation.touch,
            "columns": dict(relation.columns),
        }
        for relation in mart_contract.load()[1]
    }
    assert len(reviewed) >= 12
    assert mart_revision.relations(manifest) == reviewed
