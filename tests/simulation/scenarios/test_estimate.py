"""The interval all rivals share: against tables, a closed form, and its own promise."""

from __future__ import annotations

import numpy as np
import pytest

from simulation.rivals.estimate import (
    Estimate,
    TooFewClusters,
    clustered,
    difference,
    mean,
    student_975,
    sums_by,
)

# 97.5 % points of Student's t, as printed in any table
TABLE = {4: 2.776, 5: 2.571, 6: 2.447, 8: 2.306, 10: 2.228, 15: 2.131, 20: 2.086, 30: 2.042}


@pytest.mark.parametrize(("freedom", "point"), TABLE.items())
def test_student_agrees_with_the_table(freedom: int, point: float) -> None:
    assert student_975(freedom) == pytest.approx(point, abs=0.007)


def test_student_falls_to_the_normal() -> None:
    assert student_975(1e9) == pytest.approx(1.959964, abs=1e-6)


def test_sums_by_keeps_clusters_apart() -> None:
    sums = sums_by([7, 3, 7], [1.0, 2.0, 4.0], [1, 1, 1])
    assert sums.tolist() == [[2.0, 1.0], [5.0, 2.0]]


def test_clusters_of_one_give_the_textbook_interval() -> None:
    """With one case per cluster the jackknife of a mean is the sample standard error."""
    values = np.random.default_rng(1).normal(3, 2, 40)
    found = mean(values, np.arange(40))
    error = values.std(ddof=1) / np.sqrt(40)
    assert found.value == pytest.approx(values.mean())
    assert found.half_width == pytest.approx(student_975(39) * error)
    assert found.cases == 40


def test_copies_within_a_cluster_add_nothing() -> None:
    values, clusters = np.random.default_rng(2).normal(size=30), np.arange(30)
    once = mean(values, clusters)
    often = mean(np.repeat(values, 9), np.repeat(clusters, 9))
    assert often.half_width == pytest.approx(once.half_width)


def test_difference_is_of_the_two_means() -> None:
    found = difference([1.0, 3.0, 10.0, 20.0], [True, True, False, False], [1, 2, 1, 2])
    assert found.value == pytest.approx(2.0 - 15.0)


def test_interval_covers_with_clusters_of_unequal_size() -> None:
    """300 worlds of 30 employers, sizes lognormal, cases alike within an employer."""
    rng = np.random.default_rng(3)
    missed = 0
    for _ in range(300):
        sizes = np.maximum(1, rng.lognormal(2.5, 0.8, 30)).astype(int)
        clusters = np.repeat(np.arange(30), sizes)
        values = rng.normal(0, 1, 30)[clusters] + rng.normal(0, 2, len(clusters))
        missed += mean(values, clusters).misses(0.0)
    assert 4 <= missed <= 27  # 5 % of 300, 99.9 % of binomial draws


def test_one_employer_gives_no_interval() -> None:
    with pytest.raises(TooFewClusters) as refused:
        mean([1.0, 2.0], [5, 5])
    assert refused.value.clusters == 1


def test_no_case_gives_no_interval() -> None:
    with pytest.raises(TooFewClusters):
        mean([], [])


def test_size_decides_the_degrees_of_freedom() -> None:
    """Two large employers among many tiny ones leave few degrees of freedom."""
    sums = sums_by(np.arange(12), np.arange(12.0), np.ones(12))
    even = clustered(sums, lambda s: s[..., 0] / s[..., 1], np.ones(12), 12)
    uneven = clustered(sums, lambda s: s[..., 0] / s[..., 1], np.array([50, 50] + [1] * 10), 12)
    assert uneven.half_width > even.half_width


def test_bounds_belong_to_the_interval() -> None:
    found = Estimate(1.0, 0.0, 2.0, 10)
    assert not found.misses(0.0)
    assert not found.misses(2.0)
    assert found.misses(2.0001)
    assert found.misses(-0.0001)
