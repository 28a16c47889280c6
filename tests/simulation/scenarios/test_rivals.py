"""Each competitor's figure computed again in another way, and its interval where it has a twin."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from simulation.base_world import B
from simulation.history import NEVER, History, build_history
from simulation.rivals import naive, oracle, panels
from simulation.rivals.cases import at_risk, closed, log_cost_change, operated_within
from simulation.rivals.estimands import AVOIDED, GROSS, NET
from simulation.rivals.plan import CONTESTS, profile
from simulation.rivals.truth import realised, theta


def user_rows(frame: pd.DataFrame) -> list[pd.Series]:
    return [row for _, row in frame.iterrows() if row["user"]]


def average(values: list[float]) -> float:
    assert len(values) > 15
    return sum(values) / len(values)


@pytest.fixture(scope="module")
def staggered() -> History:
    return build_history(CONTESTS["S11"].world, profile(), seed=5, members=3_000)


def test_vendor_figure(small: History) -> None:
    cases = closed(small)
    other = {
        family: np.mean([row["cost0"] for _, row in rows.iterrows() if not row["y0"]])
        for family, rows in cases.groupby("family")
    }
    saved = []
    for row in user_rows(cases):
        price, position = row["expected_cost"], row["position"]
        less = price - other[row["family"]] if position == "alternative" else 0.0
        saved.append(price if position == "against" else less)
    assert naive.vendor_figure(small).value == pytest.approx(average(saved))


def test_vendor_net_is_the_gross_less_the_fee(small: History) -> None:
    gross, net = naive.vendor_figure(small), naive.vendor_net(small)
    assert gross.value - net.value == 150_000
    assert gross.half_width == pytest.approx(net.half_width)


def test_users_against_non_users(small: History) -> None:
    cases = closed(small)
    operated = operated_within(cases, "realised")
    user = cases["user"].to_numpy()
    expected = operated[~user].mean() - operated[user].mean()
    assert naive.users_against_non_users(small).value == pytest.approx(expected)


def test_early_read_is_the_truth_of_the_window_where_advised_against(small: History) -> None:
    cases = closed(small, extra_months=12)
    rows = [row for row in user_rows(cases) if row["position"] in ("against", "alternative")]
    frame = pd.DataFrame(rows)
    gap = operated_within(frame, "0") - operated_within(frame, "1")
    assert naive.early_read(small).value == pytest.approx(average(list(gap)))


@pytest.mark.parametrize(
    ("rival", "seen"),
    [
        (naive.paid_claims_only, lambda row, world: row["op_denial"] == ""),
        (
            naive.no_claim_is_avoided,
            lambda row, world: row["visible"] and row["family"] not in world.hidden_families,
        ),
    ],
)
def test_shares_not_performed(small: History, rival, seen) -> None:  # type: ignore[no-untyped-def]
    world = replace(B, hidden_families=("hysterectomy",), programme_denials=0.3, triggered_share=1)
    history = build_history(world, profile(), seed=8, members=1_500)
    rows = user_rows(closed(history))
    operated = operated_within(pd.DataFrame(rows), "realised")
    expected = [1.0 - (o and seen(row, world)) for o, row in zip(operated, rows, strict=True)]
    assert 0.0 < average(expected) < 1.0
    assert rival(history).value == pytest.approx(average(expected))
    assert rival(history).value > 1.0 - operated.mean()


def test_no_run_out(small: History) -> None:
    rows = user_rows(naive.recent_users(small))
    last = 1_825
    seen = [NEVER < row["operated_day"] <= last - row["lag_days"] for row in rows]
    expected = 1.0 - sum(seen) / len(seen)
    assert naive.no_run_out(small).value == pytest.approx(expected)


def test_complete_case_drops_leavers(small: History) -> None:
    kept = [
        float(row["y0"])
        for _, row in closed(small).iterrows()
        if not row["access"] and row["leave0_day"] > row["window_end_day"]
    ]
    assert naive.complete_case(small).value == pytest.approx(average(kept))


def test_literature_comparator(small: History) -> None:
    table = {"knee_arthroplasty": 0.98, "cholecystectomy": 0.67, "lumbar_decompression": 0.5}
    rows = user_rows(closed(small))
    operated = operated_within(pd.DataFrame(rows), "realised")
    expected = [table.get(row["family"], 0.855) - o for row, o in zip(rows, operated, strict=True)]
    assert naive.literature_comparator(small).value == pytest.approx(average(expected))


def test_raw_mean_leaves_the_dearest_out_of_its_interval_only(small: History) -> None:
    costs = [float(row["cost"]) for row in user_rows(closed(small))]
    found = naive.raw_mean(small)
    assert found.value == pytest.approx(average(costs))
    assert 0 < found.half_width < oracle.mean(costs, range(len(costs))).half_width * 1.5


def test_weights_remove_the_selection(small: History) -> None:
    """With the true odds as weights, non-users have the users' severity."""
    frame = at_risk(small)
    frame = frame[frame["has_access"]].reset_index(drop=True)
    weight = naive.odds_of_use(small, frame)
    expected = [math.exp(-0.8 - 0.5 * u) for u in frame["u"]]
    assert weight == pytest.approx(expected)
    found = naive.weighted_difference(frame, frame["u"].to_numpy(), small)
    assert abs(found.value) < 0.25
    user = frame["user"].to_numpy()
    assert frame["u"][~user].mean() - frame["u"][user].mean() > 0.25


def test_pre_post_and_difference_in_differences(small: History) -> None:
    frame = panels.observed(small)
    user = frame["user"].to_numpy()
    raw = log_cost_change(small, frame, (-6, -1), (1, 12))
    assert panels.pre_post(small).value == pytest.approx(-np.nanmean(raw[user]))
    long = log_cost_change(small, frame, (-18, -7), (1, 12))
    expected = np.nanmean(long[~user]) - np.nanmean(long[user])
    assert panels.plain_difference_in_differences(small).value == pytest.approx(expected)


def test_two_way_fixed_effects_is_least_squares_with_all_dummies(staggered: History) -> None:
    """Against the regression written out: a dummy per employer and per month."""
    frame = panels.wanting(staggered)
    outcome = operated_within(frame, "realised") - operated_within(frame, "0")
    dummies = pd.get_dummies(frame[["employer", "trigger_month"]].astype(str)).to_numpy(float)
    design = np.column_stack([frame["has_access"].to_numpy(float), dummies])
    coefficient = np.linalg.lstsq(design, outcome, rcond=None)[0][0]
    assert panels.two_way_fixed_effects(staggered).value == pytest.approx(-coefficient, abs=1e-6)


def test_oracle_of_both_courses_is_the_realised_mean(small: History) -> None:
    for estimand in (GROSS, NET, AVOIDED):
        found = oracle.potential_outcomes(small, estimand)
        known = realised(small, estimand)
        assert found.value == pytest.approx(known.mean)
        assert found.cases == known.cases == len(user_rows(closed(small)))


def test_randomised_access_covers_although_users_are_selected() -> None:
    """S2: the draw of access alone finds the effect that users against non-users gets wrong."""
    world = replace(CONTESTS["S2"].world, user_logit=0.5)
    truth = theta(world, AVOIDED, 60_000)
    histories = [build_history(world, profile(), seed, members=8_000) for seed in range(10)]
    found = [oracle.randomised(history) for history in histories]
    assert sum(one.misses(truth.value) for one in found) <= 3
    assert np.mean([one.value for one in found]) == pytest.approx(truth.value, abs=0.04)
    biased = [naive.users_against_non_users(history).value for history in histories]
    assert np.mean(biased) - truth.value > 0.05


def test_arms_are_alike_before_anybody_is_asked(small: History) -> None:
    frame = oracle.arms(small, at_risk(small))
    assert set(frame["access"]) == {True, False}
    assert (frame["trigger_month"] >= 12).all()
    gap = frame[frame["access"]]["u"].mean() - frame[~frame["access"]]["u"].mean()
    assert abs(gap) < 0.2


def test_theta_without_draws_of_its_own_is_another_number(small: History) -> None:
    one = theta(small.world, AVOIDED, 5_000, first_seed=1)
    two = theta(small.world, AVOIDED, 5_000, first_seed=2)
    assert one.draws >= 5_000
    assert one.cases > 200
    assert one.value != two.value
    assert one.value == pytest.approx(two.value, abs=5 * math.hypot(one.error, two.error))
