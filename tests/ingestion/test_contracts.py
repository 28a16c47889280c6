"""Contracts: complete, strict, and complaining where they are wrong."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import yaml

from ingestion.contract import (
    CONTRACTS,
    feed_names,
    layout_names,
    load_feed,
    load_layout,
    parse_feed,
    parse_layout,
)
from ingestion.errors import ContractError, UnknownContractError
from ingestion.header import bind
from ingestion.lexical import line_pattern
from tests.ingestion.files import ROWS


def document(folder: str, name: str) -> dict[str, Any]:
    found = yaml.safe_load((CONTRACTS / folder / f"{name}.yml").read_text())
    assert isinstance(found, dict)
    return found


def test_all_contracts_load() -> None:
    assert set(feed_names()) >= set(ROWS)
    assert set(layout_names()) >= {"canonical_csv", "tuva_2023", "bfd_rif", "desynpuf"}
    for name in feed_names():
        feed = load_feed(name)
        assert feed.name == name
        assert feed.columns
        assert all(column.description for column in feed.columns)
    for name in layout_names():
        assert load_layout(name).name == name


def test_money_levels() -> None:
    tuva = load_layout("tuva_0_18")
    assert tuva.level("medical_claim", "charge_amount", "institutional") == "header"
    assert tuva.level("medical_claim", "charge_amount", "professional") == "line"
    assert tuva.level("medical_claim", "paid_amount", "institutional") == "line"
    assert load_layout("canonical_csv").level("medical_claim", "charge_amount", "x") == "line"


@pytest.mark.parametrize("name", ["", "nothing", "../feeds/eligibility", "a b"])
def test_unknown_names(name: str) -> None:
    for load in (load_feed, load_layout):
        with pytest.raises(UnknownContractError):
            load(name)


FEED_FAULTS: list[tuple[str, Any]] = [
    ("columns[1].type", lambda d: d["columns"][0].update(type="float")),
    ("columns[1].colour", lambda d: d["columns"][0].update(colour="red")),
    ("columns[1].description", lambda d: d["columns"][0].pop("description")),
    ("columns[1].values", lambda d: d["columns"][0].update(values=[True, "no"])),
    ("columns[2].type", lambda d: d["columns"][1].update(values=["1"])),
    ("columns", lambda d: d["columns"].append(d["columns"][0])),
    ("control_column", lambda d: d.update(control_column="no_such")),
    ("member_columns", lambda d: d.update(member_columns=["no_such"])),
    ("change_entity", lambda d: d.update(change_entity="planet")),
    ("extra", lambda d: d.update(extra=1)),
    ("rules[1].field", lambda d: d["rules"][0].update(field="no_such")),
    ("rules[1].reach", lambda d: d["rules"][0].update(reach="planet")),
    ("rules[1].name", lambda d: d["rules"][0].update(differ=["claim_id", "person_id"])),
    ("rules[1].ascending", lambda d: d["rules"][0]["ascending"].update(columns=["paid_amount"])),
    ("rules", lambda d: d["rules"].append(d["rules"][0])),
    ("feed", lambda d: d.pop("feed")),
]
LAYOUT_FAULTS: list[tuple[str, Any]] = [
    ("dialect.delimiter", lambda d: d["dialect"].update(delimiter="ab")),
    ("dialect.newline_in_field", lambda d: d["dialect"].update(newline_in_field="keep")),
    ("encoding", lambda d: d.update(encoding="latin-1")),
    ("feeds", lambda d: d.update(feeds=["no_such"])),
    ("header.ignore_case", lambda d: d["header"].update(ignore_case=False)),
    ("trailer.required", lambda d: d["trailer"].update(required=not d["trailer"]["required"])),
    ("decimals.max_fraction", lambda d: d["decimals"].update(max_fraction="four")),
    ("money_level.medical_claim.paid", lambda d: d["money_level"]["medical_claim"].update(paid={})),
    (
        "money_level.medical_claim.paid_amount.default",
        lambda d: d["money_level"]["medical_claim"].update(paid_amount={"default": "page"}),
    ),
    ("row_rules.no_such", lambda d: d.update(row_rules={"no_such": "warn"})),
    ("row_rules.default", lambda d: d.update(row_rules={"default": "shout"})),
    ("limits.Q-COLS.share", lambda d: d.update(limits={"Q-COLS": {"share": "2"}})),
    ("id_widths.medical_claim.plan", lambda d: d.update(id_widths={"medical_claim": {"plan": 2}})),
    ("versions.medical_claim.order", lambda d: d["versions"]["medical_claim"].update(order=["x"])),
]


@pytest.mark.parametrize(("place", "spoil"), FEED_FAULTS, ids=lambda x: x if str(x) == x else "")
def test_a_wrong_feed_says_where(place: str, spoil: Any) -> None:
    spoiled = deepcopy(document("feeds", "medical_claim"))
    spoil(spoiled)
    with pytest.raises(ContractError) as error:
        parse_feed("medical_claim.yml", spoiled)
    assert error.value.where == place


@pytest.mark.parametrize(("place", "spoil"), LAYOUT_FAULTS, ids=lambda x: x if str(x) == x else "")
def test_a_wrong_layout_says_where(place: str, spoil: Any) -> None:
    for name in ("canonical_csv", "tuva_0_18"):
        spoiled = deepcopy(document("layouts", name))
        spoil(spoiled)
        with pytest.raises(ContractError) as error:
            parse_layout(f"{name}.yml", spoiled)
        assert error.value.where == place


def test_a_trailer_never_passes_for_a_row() -> None:
    layout = load_layout("canonical_csv")
    header = bind("person_id,enrollment_start_date", load_feed("eligibility"), layout)
    pattern = line_pattern(header, layout)
    assert pattern.fullmatch("TRAILER,2024-01-01")
    assert not pattern.fullmatch("#TRAILER,2024-01-01")
