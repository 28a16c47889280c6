"""Agreement coefficients against published answers."""

from __future__ import annotations

import pytest

from evaluation.agreement import cohen_kappa, gwet_ac1, percent_agreement

# Gwet's example of twelve cases, four readers and missing reads (methodology 5.14).
FOUR_READERS = [
    [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
]  # fmt: skip


def pairs_of(table: list[list[int]]) -> list[tuple[int, int]]:
    return [
        (row, column)
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
        for _ in range(count)
    ]


def test_ac1_of_the_published_example() -> None:
    found = gwet_ac1(FOUR_READERS, range(1, 6))
    assert found is not None
    assert round(found.value, 5) == 0.77544
    assert found.cases == 11
    assert found.error == pytest.approx(0.14295, abs=5e-6)


def test_kappa_of_the_published_table() -> None:
    found = cohen_kappa(pairs_of([[20, 5], [10, 15]]), range(2))
    assert found is not None and found.value == pytest.approx(0.4)


def test_kappa_collapses_where_ac1_does_not() -> None:
    """Two readers agree on 118 of 125 cases, all of one class."""
    pairs = pairs_of([[118, 5], [2, 0]])
    agreed, kappa = percent_agreement(pairs), cohen_kappa(pairs, range(2))
    ac1 = gwet_ac1(pairs, range(2))
    assert agreed is not None and kappa is not None and ac1 is not None
    assert round(agreed.value, 3) == 0.944
    assert round(kappa.value, 3) == -0.023
    assert ac1.value > 0.9


def test_nothing_can_be_said_without_a_second_read() -> None:
    assert percent_agreement([["a"], []]) is None
    assert gwet_ac1([["a"], ["b"]], ("a", "b")) is None
    assert cohen_kappa([], ("a", "b")) is None


def test_readers_who_never_differ() -> None:
    reads = [["a", "a"], ["b", "b"], ["a", "a"]]
    found = gwet_ac1(reads, ("a", "b"))
    assert found is not None and found.value == pytest.approx(1)
    assert found.bounds() == pytest.approx((1, 1))
