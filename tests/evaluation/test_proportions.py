"""Wilson intervals against published worked examples."""

from __future__ import annotations

import pytest

from evaluation.proportions import wilson


@pytest.mark.parametrize(
    ("numerator", "denominator", "lower", "upper"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_examples(numerator: int, denominator: int, lower: float, upper: float) -> None:
    bounds = wilson(numerator, denominator)
    assert bounds is not None
    assert bounds == (pytest.approx(lower, abs=5e-5), pytest.approx(upper, abs=5e-5))


def test_nothing_observed_has_no_interval() -> None:
    assert wilson(0, 0) is None
