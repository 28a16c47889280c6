"""Scenarios written to files: what each changes is there, and the truth says so."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simulation import simulate
from simulation.base_world import B
from simulation.history import build_history
from simulation.profiles import profile
from simulation.scenarios import SCENARIOS, SMALL_MEMBERS, UnknownScenario, scenario
from simulation.world import UnknownFeeds, enriched


def truth_of(out: Path, name: str, members: int = 700) -> dict[str, Any]:
    world = enriched(scenario(name).world)
    simulate(out, payors=1, members=members, nights=1, world=world, theta_draws=2_000)
    payor: dict[str, Any] = json.loads((out / "truth.json").read_text())["payors"]["northlake"]
    return payor


def cases_of(out: Path) -> list[dict[str, Any]]:
    lines = (out / "truth" / "northlake_cases.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_all_scenarios_are_named_and_differ_from_the_base_world() -> None:
    assert list(SCENARIOS) == [f"S{n}" for n in range(17)]
    same = [name for name, one in SCENARIOS.items() if one.world == B]
    assert same == ["S0"]
    with pytest.raises(UnknownScenario):
        scenario("S99")


def test_no_effect(tmp_path: Path) -> None:
    effect = truth_of(tmp_path / "w", "S1")["effect"]
    assert effect["effect_cases"] > 0
    assert effect["operated"]["without"] == effect["operated"]["with"]
    for perspective in ("system", "payor"):
        assert effect[perspective]["gross"] == 0
        assert effect[perspective]["theta"] == 0
        assert effect[perspective]["net"] == -effect["case_fees"]


def test_invisible_care_is_never_called_avoided(tmp_path: Path) -> None:
    payor = truth_of(tmp_path / "w", "S10")
    rows = [
        row for night in payor["nights"].values() for c in night["procedures"].values() for row in c
    ]
    seen = Counter(row["status"] for row in rows)
    assert seen["unverifiable"] > 20
    assert seen["not_performed_confirmed"] == seen["not_performed_provisional"] == 0


def test_one_outlier(tmp_path: Path) -> None:
    world = enriched(scenario("S12").world)
    simulate(tmp_path / "w", payors=1, members=700, nights=1, world=world, theta_draws=100)
    text = "".join(
        path.read_text()
        for path in (tmp_path / "w" / "nights").glob("*/northlake/medical_claim/*.csv")
    )
    amounts = [
        float(line.split(",")[20]) for line in text.splitlines() if line.startswith("NL0000")
    ]
    assert sum(amount > 1_000_000 for amount in amounts) >= 1


def test_dearer_care_costs(tmp_path: Path) -> None:
    plain, dear = (truth_of(tmp_path / name, name)["effect"] for name in ("S0", "S6"))
    assert dear["system"]["theta"] < plain["system"]["theta"]


def test_costs_of_a_case_are_told_by_month_and_component(tmp_path: Path) -> None:
    payor = truth_of(tmp_path / "w", "S0")
    cases = cases_of(tmp_path / "w")
    delivered = [case for case in cases if case["status"] == "delivered"]
    assert len(delivered) == payor["effect"]["delivered_cases"]
    names = {cost["component"] for case in cases for cost in case["costs"]}
    assert {"procedure", "alternative", "induced"} <= names
    for case in delivered:
        for course in ("without", "with"):
            paid = sum(cost["paid"][course] for cost in case["costs"])
            allowed = sum(cost["allowed"][course] for cost in case["costs"])
            assert 0 <= paid <= allowed


def test_every_opinion_of_the_immature_world_is_of_the_latest_half_year(tmp_path: Path) -> None:
    """S8: no case is closed, none is older than six months."""
    effect = truth_of(tmp_path / "w", "S8", members=4_000)["effect"]
    assert effect["delivered_cases"] > 10
    assert effect["closed_cases"] == effect["effect_cases"] == 0
    days = [case["t0"] for case in cases_of(tmp_path / "w")]
    assert min(days) >= "2026-01-01"


def test_the_small_world_has_sixty_cases_whatever_is_asked_for(tmp_path: Path) -> None:
    """S16: 60 within four standard deviations (8) of one world; no stories beside them."""
    world = scenario("S16").world
    for name, chosen in (("plain", world), ("enriched", enriched(world))):
        out = tmp_path / name
        done = simulate(out, payors=1, members=9_999, nights=1, world=chosen, theta_draws=100)
        assert done.members == SMALL_MEMBERS
        delivered = [case for case in cases_of(out) if case["status"] == "delivered"]
        assert abs(len(delivered) - 60) <= 4 * 8
        assert done.consultations < 100


def test_the_small_world_has_sixty_cases_on_average() -> None:
    world = scenario("S16").world
    counts = [
        int(build_history(world, profile(0), seed, members=SMALL_MEMBERS).triggers["user"].sum())
        for seed in range(30)
    ]
    assert abs(sum(counts) / len(counts) - 60) <= 4 * 9 / len(counts) ** 0.5


def test_unknown_feeds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownFeeds):
        simulate(tmp_path / "w", feeds="some")
    assert not (tmp_path / "w").exists()
