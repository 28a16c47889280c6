"""The event history keeps the figures of the base world, and its two courses belong together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from simulation.base_world import B
from simulation.employers import employers
from simulation.families import FAMILIES
from simulation.history import NEVER, History, build_history
from simulation.profiles import profile

SEED = 41


@pytest.fixture(scope="module")
def history() -> History:
    """Forty thousand members, nobody thinned out."""
    return build_history(B, profile(0), SEED, members=40_000)


def near(found: float, wanted: float, n: int, errors: float = 4.0) -> bool:
    """Whether a share is within that many standard errors."""
    return abs(found - wanted) <= errors * np.sqrt(wanted * (1 - wanted) / n)


def users(history: History) -> pd.DataFrame:
    found = history.triggers[history.triggers["user"]]
    assert len(found) > 900
    return found


def test_severity_and_risk_correlate(history: History) -> None:
    """From the history only: severity is in no feed, and risk only as age and conditions."""
    people = history.persons
    error = (1 - 0.5**2) / np.sqrt(len(people))
    assert np.corrcoef(people["u"], people["x"])[0, 1] == pytest.approx(0.5, abs=4 * error)
    assert abs(people["u"].mean()) < 0.03 and abs(people["u"].std() - 1) < 0.03


def test_trigger_hazard_against_an_own_calculation(history: History) -> None:
    rng = np.random.default_rng(1)
    severity = rng.normal(size=100_000)
    shock = rng.normal(0, 0.9 / np.sqrt(1 - 0.36), 100_000)
    expected = 1 / (1 + np.exp(5 - 0.6 * severity - 0.7 * shock))
    people = history.persons
    early = people[people["start_day"] == 0]
    share = (early["trigger_month"] == 6).mean()
    assert near(float(share), float(expected.mean()) * 0.96, len(early), 5)


def test_intent_and_decision_shares(history: History) -> None:
    triggers = history.triggers
    for name, wanted in (("E3", 0.15), ("E4", 0.05)):
        assert near((triggers["intent"] == name).mean(), wanted, len(triggers))
    asked = triggers[triggers["intent"] == "E1"]
    for name, wanted in (("denied", 0.08), ("withdrawn", 0.04)):
        assert near((asked["decision"] == name).mean(), wanted, len(asked))
    assert set(triggers.loc[triggers["intent"] != "E1", "decision"]) == {""}


@pytest.mark.parametrize("family", [f.family_id for f in FAMILIES])
def test_untreated_share_by_family(history: History, family: str) -> None:
    shift = {f.family_id: f.operated_shift for f in FAMILIES}[family]
    rows = history.triggers[history.triggers["family"] == family]
    expected = 1 / (1 + np.exp(-(1.0 + 0.8 * rows["u"] + shift)))
    window = rows["window_months"].iloc[0] * 30.4375
    day = rows["y0_day"]
    unoperated = rows["unoperated"]
    operated = (day != NEVER) & ((day - rows["trigger_day"] <= window) | ~unoperated)
    assert near(operated.mean(), expected.mean(), len(rows))


def test_first_month_of_fast_and_flat_families(history: History) -> None:
    rows = history.triggers
    after = rows["y0_day"] - rows["trigger_day"]
    inside = (rows["y0_day"] != NEVER) & (after <= rows["window_months"] * 30.4375)
    for family, wanted in (("cholecystectomy", 0.25), ("knee_arthroplasty", 1 / 24)):
        chosen = inside & (rows["family"] == family)
        assert near((after[chosen] <= 30).mean(), wanted, int(chosen.sum()), 5)


def test_opinions_delay_and_positions(history: History) -> None:
    rows = users(history)
    months = rows["delay_days"] / 30.4375
    assert months.mean() == pytest.approx(1.2, abs=0.08)
    assert months.std() == pytest.approx(0.7, abs=0.08)
    for name, wanted in (
        ("agreed", 0.50),
        ("against", 0.25),
        ("alternative", 0.15),
        ("defer", 0.10),
    ):
        assert near((rows["position"] == name).mean(), wanted, len(rows))
    against, others = rows[rows["position"] == "against"], rows[rows["position"] != "against"]
    assert against["u"].mean() < others["u"].mean() - 0.3
    assert near(rows["performed_before"].mean(), 0.06, len(rows))


@pytest.mark.parametrize(
    ("position", "wanted"),
    [("against", 0.35), ("alternative", 0.35), ("agreed", 0.85), ("defer", 0.60)],
)
def test_share_operated_after_an_opinion(history: History, position: str, wanted: float) -> None:
    rows = history.triggers
    chosen = rows[rows["unoperated"] & (rows["position"] == position)]
    assert near(chosen["y1"].mean(), wanted, len(chosen), 5)


def test_late_operations_after_advice_against(history: History) -> None:
    rows = history.triggers
    chosen = rows[rows["unoperated"] & rows["position"].isin(("against", "alternative"))]
    late = (chosen["y1_day"] > chosen["window_end_day"]) & ~chosen["y1"]
    assert near(late.mean(), 0.07, len(chosen), 5)


def test_courses_share_one_rank(history: History) -> None:
    rows = history.triggers[history.triggers["unoperated"]]
    alive = rows["death0_day"] > rows["defer_end_day"]
    lowered = rows[alive & (rows["p1"] < rows["p0"] - 0.02)]
    raised = rows[alive & (rows["p1"] > rows["p0"] + 0.02)]
    assert len(lowered) > 500 and len(raised) > 500
    assert (lowered["y1"] & ~lowered["y0"]).mean() < 0.005
    assert (raised["y0"] & ~raised["y1"]).mean() < 0.005


def test_no_effect_means_one_course() -> None:
    rows = build_history(replace(B, null_effect=True), profile(0), SEED, members=6_000).triggers
    assert (rows["y0_day"] == rows["y1_day"]).all()
    assert (rows["cost0"] == rows["cost1"]).all()


def test_episode_cost_has_the_mean_and_a_heavy_tail(history: History) -> None:
    mixture = history.triggers["mixture"]
    assert mixture.mean() == pytest.approx(1.0, abs=0.04)
    assert mixture.median() == pytest.approx(0.97 / np.sqrt(1.64) + 0.02, abs=0.05)
    rows = history.triggers
    slope = np.polyfit(rows["u"], np.log(rows["severity_cost"]), 1)[0]
    assert np.exp(slope) == pytest.approx(1.15, abs=0.001)
    assert history.employers["price_effect"].std() == pytest.approx(0.12, abs=0.045)


def test_cost_before_a_trigger_is_higher_than_after(history: History) -> None:
    """Regression to the mean, with no programme at work: about 27 percent."""
    rows = history.triggers
    cost = history.monthly("background", "0")
    at = rows["trigger_month"].to_numpy()
    whole = (rows["end_day"] == NEVER).to_numpy() & (at >= 12) & (at <= 46)
    places = np.flatnonzero(whole)
    before = np.mean([cost[places, at[places] - n].mean() for n in range(1, 7)])
    after = np.mean([cost[places, at[places] + n].mean() for n in range(1, 13)])
    assert after / before - 1 == pytest.approx(-0.27, abs=0.06)


def test_leaving_and_dying(history: History) -> None:
    """Over the first half year, before anybody can be triggered."""
    people = history.persons[history.persons["start_day"] == 0]
    ended = (people["end_day"] != NEVER) & (people["end_day"] < 184)
    years = np.where(ended, people["end_day"], 184).sum() / 365.25
    left = (ended & (people["end_day"] == people["leave_day"])).sum()
    died = (ended & (people["end_day"] == people["death_day"])).sum()
    for seen, rate in ((left, -np.log(0.92) * np.exp(0.045)), (died, 0.01005 * np.exp(0.125))):
        assert abs(seen - rate * years) <= 4 * np.sqrt(rate * years)


def test_care_adds_up_to_the_costs_of_the_courses(history: History) -> None:
    rows, care = history.triggers, history.care
    for course in ("0", "1"):
        monthly = sum(
            history.monthly(name, course).sum()
            for name in ("procedure", "alternative", "substitute", "induced", "emergency")
        )
        inside = care["day"] < 60 * 30.4
        assert monthly == pytest.approx(
            care["amount"][care[f"in{course}"] & inside].sum(), rel=0.02
        )
        assert rows[f"cost{course}"].sum() <= care["amount"][care[f"in{course}"]].sum()


def test_induced_care(history: History) -> None:
    care = history.care[history.care["kind"] == "induced"]
    count = len(history.triggers)
    assert near((care["in1"] & ~care["in0"]).sum() / count, 0.08, count)
    assert near(care["in0"].sum() / count, 0.03, count)


def test_effects_of_employers_over_many_worlds() -> None:
    """Price sd 0.12 and a cost ICC of 0.02; from the history, sixty employers are too few."""
    drawn = [employers(B, seed, 0) for seed in range(200)]
    price = np.concatenate([one["price_effect"] for one in drawn])
    cost = np.concatenate([one["cost_effect"] for one in drawn])
    relative = 4 / np.sqrt(2 * len(price))
    assert price.std() == pytest.approx(0.12, rel=relative)
    within = 0.7**2 + 0.9**2 / (1 - 0.6**2)
    assert cost.var() / (cost.var() + within) == pytest.approx(0.02, rel=2 * relative)


def test_cost_icc_of_months(history: History) -> None:
    """Variance of the log cost of a month: between employers it is that of their effects."""
    people, month = history.persons, 3
    seen = history.background[:, month] > 0
    log = np.log(history.background[seen, month])
    spread = log.var()
    assert spread == pytest.approx(
        0.7**2 + 0.9**2 / 0.64 + people["cost_effect"].var(), rel=4 * np.sqrt(2 / seen.sum())
    )


def test_what_hides_an_operation(history: History) -> None:
    rows = history.triggers
    for name, wanted in (("elsewhere", 0.04), ("capitated", 0.03)):
        assert near((rows["hidden_by"] == name).mean(), wanted, len(rows))
    assert (rows["visible"] == (rows["hidden_by"] == "")).all()


def test_injections_and_substitutes(history: History) -> None:
    """Among those whom no operation and no death keeps from them."""
    rows, care = history.triggers, history.care
    spared = (rows["y0_day"] == NEVER) & (rows["death0_day"] > rows["defer_end_day"])
    index = rows.index[spared]
    for kind, wanted in (("injection", 0.30), ("substitute", 0.12)):
        having = care.loc[(care["kind"] == kind) & care["in0"], "trigger"]
        assert near(float(np.isin(index, having).mean()), wanted, len(index))


def test_alternatives_cv(history: History) -> None:
    """Amounts of one member's visits share a lognormal factor of variance ln(1 + CV^2), CV 1."""
    rows = history.triggers
    care = history.care[history.care["kind"] == "visit"]
    span = np.ceil((rows["defer_end_day"] + 90 - rows["trigger_day"]) / 30.4375)
    log = np.log(care["amount"]) + np.log(span.to_numpy()[care["trigger"]])
    log = log - log.groupby(rows["family"].to_numpy()[care["trigger"]]).transform("mean")
    groups = log.groupby(care["trigger"])
    count, total, squares = groups.count(), groups.sum(), (log**2).groupby(care["trigger"]).sum()
    many = count >= 2
    shared = ((total**2 - squares) / (count * (count - 1)))[many]
    assert abs(shared.mean() - np.log(2)) <= 4 * shared.std() / np.sqrt(len(shared))


def log_likelihood(x: np.ndarray, share: float, cv: float, alpha: float) -> float:
    """Of a mixture of mean one: lognormal of that CV, and a share of Pareto with that tail."""
    sigma2, least = np.log1p(cv**2), (alpha - 1) / alpha
    z = (np.log(x) + sigma2 / 2) ** 2 / (2 * sigma2)
    body = np.exp(-z) / (x * np.sqrt(2 * np.pi * sigma2))
    tail = np.where(x >= least, alpha / least * (least / np.maximum(x, least)) ** (alpha + 1), 0.0)
    return float(np.log((1 - share) * body + share * tail).sum())


def test_episode_cost_mixture_by_likelihood() -> None:
    """Share, CV and tail index: each within four errors of its maximum, the others as stated.

    From the history: a twentieth as many operations are in the files of a sample.
    """
    world = replace(B, triggered_share=0.9)
    drawn = [build_history(world, profile(0), seed, members=50_000) for seed in (1, 2)]
    x = np.concatenate([one.triggers["mixture"] for one in drawn])
    truth = {"share": 0.03, "cv": 0.8, "alpha": 2.2}
    steps = {"share": 0.004, "cv": 0.01, "alpha": 0.1}
    allowed = {"share": 0.02, "cv": 0.02, "alpha": 0.8}
    for name, step in steps.items():
        low, middle, high = (
            log_likelihood(x, **(truth | {name: truth[name] + n * step})) for n in (-1, 0, 1)
        )
        bend = (2 * middle - low - high) / step**2
        assert bend > 0
        error = bend**-0.5
        best = truth[name] + (high - low) / (2 * step) / bend
        assert 4 * error < allowed[name]
        assert abs(best - truth[name]) <= 4 * error


def test_induced_care_of_those_with_an_opinion(history: History) -> None:
    rows, care = users(history), history.care[history.care["kind"] == "induced"]
    added = care.loc[care["in1"] & ~care["in0"], "trigger"]
    assert near(float(np.isin(rows.index, added).mean()), 0.08, len(rows))
