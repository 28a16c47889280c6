"""The price model: right on costs that follow it, wrong on a covariate it is denied."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from evaluation.price_model import Patient, is_held_out, predictive_ratios


def patients(n: int = 4000, seed: int = 1) -> list[Patient]:
    """Gamma costs around exp(9 + 0.3 if old + 0.1 log prior cost + 0.2 per condition)."""
    rng = random.Random(seed)
    found = []
    for number in range(n):
        age, sex = rng.choice(("18-44", "45-64", "65+")), rng.choice(("female", "male"))
        prior, conditions = rng.lognormvariate(7, 1.5), rng.randrange(5)
        level = 9 + 0.3 * (age == "65+") + 0.1 * math.log1p(prior) + 0.2 * conditions
        cost = rng.gammavariate(2, math.exp(level) / 2)
        found.append(Patient(str(number), cost, age, sex, prior, conditions))
    return found


def test_the_holdout_is_predicted_overall_and_by_decile() -> None:
    overall, *deciles = predictive_ratios(patients(), 200)
    assert 0.95 <= overall.ratio <= 1.05
    assert len(deciles) == 10
    assert all(0.8 <= decile.ratio <= 1.25 for decile in deciles)
    assert sum(decile.n for decile in deciles) == overall.n


def test_order_decides_nothing() -> None:
    listed = patients(600)
    assert predictive_ratios(listed[::-1], 200) == predictive_ratios(listed, 200)
    assert 0.25 < sum(is_held_out(str(number)) for number in range(2000)) / 2000 < 0.35


def test_few_episodes_say_nothing() -> None:
    assert predictive_ratios(patients(199), 200) == []
    assert predictive_ratios([replace(p, cost=0.0) for p in patients(300)], 200) == []
    assert len(predictive_ratios(patients(250), 200)) == 1
