"""In every scenario the naive competitor misses the truth and the oracle does not."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import pytest

from simulation.rivals.estimands import MONEY
from simulation.rivals.measure import Round, load, merged, misses, run, write
from simulation.rivals.plan import CONTESTS
from simulation.rivals.truth import DRAWS, theta
from simulation.scenarios import SCENARIOS
from tests.simulation.scenarios.conftest import HARMLESS_SEEDS, SEEDS, SOAK

NAMES = list(SCENARIOS)
HARMLESS = [name for name in NAMES if CONTESTS[name].harmless]
FRESH_DRAWS = 1_000_000 if SOAK else 30_000
FRESH_SEED = 77_000_000
Rounds = dict[tuple[str, bool], list[Round]]


def test_every_scenario_has_a_contest() -> None:
    assert [f"S{n}" for n in range(17)] == NAMES
    assert set(CONTESTS) == set(NAMES)


def test_the_competitor_named_with_the_scenario_is_the_one_that_competes() -> None:
    named = {name: scenario.rival for name, scenario in SCENARIOS.items() if scenario.rival}
    assert len(named) >= 8
    assert {name: CONTESTS[name].rival.__name__ for name in named} == named


@pytest.mark.parametrize("name", NAMES)
def test_the_competitor_misses(name: str, rounds: Rounds, kept: dict[str, Any]) -> None:
    truth = kept["contests"][name]["theta"]
    missed = sum(one.rival.misses(truth) for one in rounds[name, False])
    assert len(rounds[name, False]) == SEEDS
    assert missed >= 0.8 * SEEDS


@pytest.mark.parametrize("name", NAMES)
def test_the_oracle_covers(name: str, rounds: Rounds, kept: dict[str, Any]) -> None:
    """At 5 % a share of misses beyond this has a chance under 0.2 %."""
    truth = kept["contests"][name]["theta"]
    missed = sum(one.oracle.misses(truth) for one in rounds[name, False])
    assert missed <= (8 if SOAK else 4)


@pytest.mark.parametrize("name", NAMES)
def test_over_fifty_seeds(name: str, kept: dict[str, Any]) -> None:
    """The kept measurement, on which the page's table stands."""
    found = kept["contests"][name]
    assert len(found["rival"]) == len(found["oracle"]) == len(found["realised"]) == 50
    assert misses(found["rival"], found["theta"]) >= 40
    assert misses(found["oracle"], found["theta"]) <= 8


def test_the_oracles_keep_their_promise_together(kept: dict[str, Any]) -> None:
    """Neither too narrow nor so wide that they cannot miss: 5 % of 850, worlds of a seed alike."""
    missed = sum(misses(one["oracle"], one["theta"]) for one in kept["contests"].values())
    assert 0.02 * 850 <= missed <= 0.09 * 850


@pytest.mark.parametrize("name", NAMES)
def test_the_kept_rounds_are_those_of_this_world(
    name: str, rounds: Rounds, kept: dict[str, Any]
) -> None:
    """Measured with the world as it is now, not with an earlier one."""
    found = kept["contests"][name]
    for number, one in enumerate(rounds[name, False]):
        for estimate, row in ((one.rival, found["rival"]), (one.oracle, found["oracle"])):
            parts = [estimate.value, estimate.lower, estimate.upper, estimate.cases]
            assert parts == pytest.approx(row[number], rel=1e-4, abs=1e-6)
        assert one.realised == pytest.approx(found["realised"][number], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_theta_comes_again_from_new_draws(name: str, kept: dict[str, Any]) -> None:
    """Other seeds, fewer draws: the same mean within four Monte Carlo errors."""
    found = kept["contests"][name]
    assert found["draws"] >= DRAWS
    fresh = theta(CONTESTS[name].world, CONTESTS[name].estimand, FRESH_DRAWS, FRESH_SEED)
    error = (fresh.error**2 + found["error"] ** 2) ** 0.5
    assert fresh.value == pytest.approx(found["theta"], abs=4 * error + 1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_theta_is_no_realised_sum(name: str, kept: dict[str, Any]) -> None:
    """Realised means scatter around theta; only a world without effect has none."""
    found = kept["contests"][name]
    distinct = {mean for mean in found["realised"] if mean != found["theta"]}
    assert len(distinct) > 40 or (found["theta"] == 0.0 and not distinct)


@pytest.mark.parametrize("name", NAMES)
def test_theta_is_known_better_than_any_estimate(name: str, kept: dict[str, Any]) -> None:
    found = kept["contests"][name]
    halves = sorted((upper - lower) / 2 for _, lower, upper, _ in found["oracle"])
    assert found["error"] <= 0.1 * halves[len(halves) // 2]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "S12"])
def test_oracle_intervals_are_as_wide_as_estimates_scatter(name: str, kept: dict[str, Any]) -> None:
    """Half-width over standard deviation, about 2.1 with Student's t; S12's outlier widens it."""
    rows = kept["contests"][name]["oracle"]
    halves = sorted((upper - lower) / 2 for _, lower, upper, _ in rows)
    scatter = statistics.stdev(value for value, *_ in rows)
    assert 1.5 <= halves[len(halves) // 2] / scatter <= 2.9


@pytest.mark.parametrize("name", HARMLESS)
def test_without_the_flaw_the_competitor_is_right(
    name: str, rounds: Rounds, kept: dict[str, Any]
) -> None:
    """It misses because of the scenario, not because it can never be right."""
    found = kept["harmless"][name]
    assert len(found["rival"]) == 20
    assert misses(found["rival"], found["theta"]) <= 5
    for number, one in enumerate(rounds[name, True][:HARMLESS_SEEDS]):
        assert one.rival.value == pytest.approx(found["rival"][number][0], rel=1e-4, abs=1e-6)


def test_the_outlier_moves_the_mean_but_not_the_median(rounds: Rounds) -> None:
    """S12: one case shifts the raw mean by more than its interval; the truth does not move."""
    for hit, plain in zip(rounds["S12", False], rounds["S12", True], strict=False):
        assert hit.rival.value - plain.rival.value > plain.rival.half_width


def test_dearer_care_costs(kept: dict[str, Any]) -> None:
    """S6: the net is a loss, in truth and in every world the oracle sees; the vendor gains."""
    found = kept["contests"]["S6"]
    assert CONTESTS["S6"].estimand.unit == MONEY
    assert found["theta"] < 0
    assert all(lower > 0 for _, lower, _, _ in found["rival"])


def test_one_scenario_is_measured_without_touching_the_others(
    kept: dict[str, Any], tmp_path: Path
) -> None:
    """S16 with two seeds; the other rows stay as they were kept, and the file reads back."""
    write(merged(kept, run(2, 3_000, ["S16"])), tmp_path / "contests.json")
    found = load(tmp_path / "contests.json")
    assert found["contests"].pop("S16")["rival"] == kept["contests"]["S16"]["rival"][:2]
    others = {name: one for name, one in kept["contests"].items() if name != "S16"}
    assert found == {"contests": others, "harmless": kept["harmless"]}
