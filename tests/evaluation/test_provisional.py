"""The provisional probability: values worked out by hand, and what must hold for any curves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.provisional import known_by, provisional_probability, provisional_probability_on

ZERO, ONE = Decimal(0), Decimal(1)
# Share of first claims known by lag: 60, 84, 92 ... 100 % after twelve months.
LAGS = [
    Decimal(share) / 1000
    for share in (600, 840, 920, 950, 960, 970, 980, 985, 990, 993, 995, 998, 1000)
]
WINDOW = 12

Curves = tuple[list[Decimal], list[Decimal]]


def constant_hazards(operated: str, died: str, months: int = WINDOW) -> Curves:
    """Both incidences when each month the same shares of those left are operated and die."""
    procedure, death = [ZERO], [ZERO]
    for _ in range(months):
        free = ONE - procedure[-1] - death[-1]
        procedure.append(procedure[-1] + free * Decimal(operated))
        death.append(death[-1] + free * Decimal(died))
    return procedure, death


def ignoring_death(procedure: list[Decimal], now: int) -> Decimal:
    """The form that counts the dead as if they stayed free of the operation to the end."""
    hidden = sum(
        ((procedure[u] - procedure[u - 1]) * (ONE - LAGS[now - u]) for u in range(1, now + 1)),
        ZERO,
    )
    free = ONE - procedure[WINDOW]
    return free / (free + hidden + procedure[WINDOW] - procedure[now])


def test_two_per_cent_die_each_month() -> None:
    procedure, death = constant_hazards("0.01675", "0.02")
    q = provisional_probability(procedure, death, LAGS, 6, WINDOW)
    assert q is not None
    assert round(q, 3) == Decimal("0.788")
    assert round(ignoring_death(procedure, 6), 3) == Decimal("0.908")


@pytest.mark.parametrize(
    ("now", "expected"),
    # curve 0, .1, .2, .3, .4 and no death; half of the first claims known at once, all a month on
    [
        (0, "0.6"),  # 0.6 / 1
        (1, "0.631579"),  # 0.6 / (0.9 + 0.1 * 0.5)
        (3, "0.8"),  # 0.6 / (0.7 + 0.1 * 0.5)
        (4, "0.923077"),  # 0.6 / (0.6 + 0.1 * 0.5)
        (5, "1"),  # the window is over and every claim is in
        (24, "1"),
    ],
)
def test_six_ages(now: int, expected: str) -> None:
    procedure = [Decimal(n) / 10 for n in range(5)]
    q = provisional_probability(procedure, [ZERO] * 5, [Decimal("0.5"), ONE], now, 4)
    assert q is not None
    assert round(q, 6) == Decimal(expected)


def test_positions_have_probabilities_of_their_own() -> None:
    against = provisional_probability(*constant_hazards("0.02", "0.001"), LAGS, 3, WINDOW)
    agreed = provisional_probability(*constant_hazards("0.15", "0.001"), LAGS, 3, WINDOW)
    assert against is not None and agreed is not None
    assert against > agreed


def test_completion_by_counts_is_not_completion_by_amounts() -> None:
    """Dear claims are slow: by amounts more would seem hidden than is."""
    procedure, death = constant_hazards("0.02", "0")
    by_amount = [share / 2 for share in LAGS[:6]] + LAGS[6:]
    count = provisional_probability(procedure, death, LAGS, WINDOW, WINDOW)
    amount = provisional_probability(procedure, death, by_amount, WINDOW, WINDOW)
    assert count is not None and amount is not None
    assert amount < count


@pytest.mark.parametrize(
    ("curves", "now"),
    [
        (([], []), 3),
        (constant_hazards("0.02", "0", months=11), 3),
        (constant_hazards("0.02", "0"), -1),
        (([ONE] * 13, [ZERO] * 13), 30),
    ],
    ids=["no fit", "curve too short", "opinion ahead", "nobody left"],
)
def test_without_a_fit_there_is_none(curves: Curves, now: int) -> None:
    assert provisional_probability(*curves, LAGS, now, WINDOW) is None


def test_known_share_stays_within_bounds() -> None:
    assert [known_by([Decimal("-0.1"), Decimal("1.2")], lag) for lag in (0, 1, 2)] == [0, 1, 1]


def test_between_months_it_is_a_straight_line() -> None:
    """365.25 days are twelve months: day 0, 487 (16 months) and halfway through the third."""
    procedure = [Decimal(n) / 10 for n in range(5)]
    at = [
        provisional_probability_on(procedure, [ZERO] * 5, [Decimal("0.5"), ONE], day, 4)
        for day in (0, 487, 76)
    ]
    assert at[0] == Decimal("0.6") and at[1] == 1
    assert at[2] is not None and Decimal("0.7059") < at[2] < Decimal("0.8")
    assert provisional_probability_on([], [], LAGS, 40, WINDOW) is None
    assert provisional_probability_on(procedure, [ZERO] * 5, LAGS, -1, 4) is None


hazard = st.integers(0, 30).map(lambda n: Decimal(n) / 1000)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Decimal], list[Decimal], list[Decimal]]:
    """Any curves that never fall and leave somebody, and any completion that never falls."""
    procedure, death = [ZERO], [ZERO]
    for _ in range(WINDOW):
        free = ONE - procedure[-1] - death[-1]
        procedure.append(procedure[-1] + free * draw(hazard))
        death.append(death[-1] + free * draw(hazard))
    shares = draw(st.lists(st.integers(0, 100), min_size=1, max_size=14))
    return procedure, death, [Decimal(share) / 100 for share in sorted(shares)]


@given(worlds(), st.integers(0, 40))
def test_it_is_a_probability_that_waiting_never_lowers(
    world: tuple[list[Decimal], list[Decimal], list[Decimal]], now: int
) -> None:
    q = provisional_probability(*world, now, WINDOW)
    later = provisional_probability(*world, now + 1, WINDOW)
    assert q is not None and later is not None
    assert 0 <= q <= later + Decimal("1e-20")
    assert later <= 1


@given(worlds(), st.integers(0, 40))
def test_faster_claims_never_lower_it(
    world: tuple[list[Decimal], list[Decimal], list[Decimal]], now: int
) -> None:
    procedure, death, shares = world
    slow = provisional_probability(procedure, death, shares, now, WINDOW)
    fast = provisional_probability(procedure, death, [(s + ONE) / 2 for s in shares], now, WINDOW)
    assert slow is not None and fast is not None
    assert slow <= fast + Decimal("1e-20")


@given(worlds())
def test_everything_known_after_the_window_is_certain(
    world: tuple[list[Decimal], list[Decimal], list[Decimal]],
) -> None:
    procedure, death, shares = world
    q = provisional_probability(procedure, death, shares, WINDOW + len(shares), WINDOW)
    assert q == 1
