"""run_layer believes only what every node says, and tells nothing of the data when it fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline import transform
from pipeline.transform import TransformFailed
from tests.dbt.conftest import Nights
from warehouse.connection import connect

LAYER = "claims_cases"
SECRET = "Maria-Muster-1961"


def node(
    kind: str, tags: tuple[str, ...] = (), parents: tuple[str, ...] = (), **config: str
) -> Any:
    return {
        "resource_type": kind,
        "tags": list(tags),
        "config": config,
        "depends_on": {"nodes": list(parents)},
    }


MANIFEST = {
    "nodes": {
        "model.p.a": node("model", (LAYER,)),
        "model.p.inlined": node("model", (LAYER,), materialized="ephemeral"),
        "model.p.other": node("model", ("facts",)),
        "test.p.on_a.1": node("test", (), ("model.p.a",)),
        "test.p.on_both.2": node("test", (), ("model.p.a", "model.p.other")),
        "test.p.on_other.3": node("test", (), ("model.p.other",)),
    }
}


def test_the_layers_models_and_every_test_on_them_are_expected() -> None:
    expected = {"model.p.a", "test.p.on_a.1", "test.p.on_both.2"}
    assert transform.expected_nodes(MANIFEST, LAYER) == expected


@pytest.mark.parametrize(
    ("statuses", "failures"),
    [
        ({"model.p.a": "success", "test.p.t.1": "pass"}, []),
        ({"model.p.a": "success"}, ["t not run"]),
        ({"model.p.a": "error", "test.p.t.1": "skipped"}, ["a error", "t skipped"]),
        ({"model.p.a": "success", "test.p.t.1": "warn"}, ["t warn"]),
        ({"model.p.a": "success", "test.p.t.1": "pass", "model.p.x": "error"}, ["x error"]),
    ],
)
def test_every_expected_node_must_be_good(statuses: dict[str, str], failures: list[str]) -> None:
    assert transform.failures({"model.p.a", "test.p.t.1"}, statuses) == failures


def test_a_layer_without_nodes_failed() -> None:
    assert transform.failures(set(), {}) == ["no node selected"]


def test_an_unknown_layer_is_refused(nights_of: Callable[..., Nights]) -> None:
    nights = nights_of()
    with pytest.raises(ValueError, match="unknown layer"):
        transform.run_layer(nights.settings, nights.payor, "everything")


def test_a_failed_layer_names_nodes_and_no_value(nights_of: Callable[..., Nights]) -> None:
    nights = nights_of()
    with connect(nights.settings) as conn:
        conn.execute(
            "insert into ops.change (payor_id, entity, key, cause)"
            " values (%s, 'person', %s, 'steward')",
            (nights.payor, SECRET),
        )
    with pytest.raises(TransformFailed) as failure:
        nights.build(date(2024, 3, 20))
    assert "int_work_person error" in failure.value.nodes
    assert "int_person skipped" in failure.value.nodes
    assert SECRET not in str(failure.value)
    target = nights.settings.dbt_dir(nights.payor, LAYER)
    assert "invalid input syntax for type uuid" in (target / "run_results.json").read_text()
    assert [path.name for path in files(target) if SECRET in path.read_text(errors="ignore")] == []


def test_other_rules_rebuild_the_layer(nights_of: Callable[..., Nights]) -> None:
    """A row that no file touched is written again when the payor's terms change."""
    nights = nights_of()
    nights.send("eligibility", {"person_id": "p1", "enrollment_start_date": "2024-01-01"})
    first, second, third = (build_and_look(nights, terms) for terms in ("a", "a", "b"))
    assert first == second
    assert second != third


def build_and_look(nights: Nights, terms: str) -> str:
    """Build under the terms; the transaction that wrote the only person."""
    with connect(nights.settings) as conn:
        conn.execute(
            "update ops.payor set config_hash = %s where payor_id = %s", (terms, nights.payor)
        )
    nights.build(date(2024, 3, 20))
    return str(nights.query(f"select xmin::text from work_{nights.payor}.int_person")[0][0])


def files(folder: Path) -> list[Path]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert found
    return found
