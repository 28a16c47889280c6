"""A diagnosis is delivered in a code system the warehouse knows."""

from __future__ import annotations

from ingestion.contract import load_feed
from warehouse.codebook.kinds import code_systems


def test_the_contract_lists_the_diagnosis_systems() -> None:
    columns = {column.name: column for column in load_feed("consultation_diagnosis").columns}
    known = [s.code_system for s in code_systems().values() if s.subject == "diagnosis"]
    assert list(columns["code_system"].values) == known
