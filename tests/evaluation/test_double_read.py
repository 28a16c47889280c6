"""The double-read sample: sizes, strata, and the same plan from the same seed."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from evaluation.double_read import FLIP, HIDDEN, SAMPLE, VARIANT, Opinion, reading_plan

CLASSES = ("changed", "confirmed", "refined", "undetermined")


def opinions(count: int, quarter: str = "2026-Q1") -> list[Opinion]:
    """Six of ten confirmed, two refined, one changed, one undetermined."""
    mix = "confirmed " * 6 + "refined refined changed undetermined"
    names = mix.split()
    return [
        Opinion(f"{quarter}-{n}", quarter, names[n % len(names)], False, False)
        for n in range(count)
    ]


def plan(rows: list[Opinion], seed: int = 1) -> dict[str, str]:
    return reading_plan(rows, Decimal("0.10"), 50, seed)


def test_a_tenth_of_a_large_quarter_in_proportion() -> None:
    rows = opinions(1000)
    chosen = plan(rows)
    classes = Counter(row.machine_class for row in rows if row.consultation_id in chosen)
    assert classes == {"confirmed": 60, "refined": 20, "changed": 10, "undetermined": 10}


def test_fifty_of_a_small_quarter_and_all_of_a_tiny_one() -> None:
    assert len(plan(opinions(120))) == 50
    assert len(plan(opinions(20))) == 20


def test_each_quarter_has_its_own_sample() -> None:
    chosen = plan(opinions(200) + opinions(60, "2026-Q2"))
    assert Counter(name[:7] for name in chosen) == {"2026-Q1": 50, "2026-Q2": 50}


def test_flips_variants_and_hidden_malignancies_are_always_read() -> None:
    rows = opinions(1000)
    rows += [Opinion("flip", "2026-Q1", "changed", True, False)]
    rows += [Opinion("variant", "2026-Q1", "confirmed", False, True)]
    rows += [Opinion("hidden", "2026-Q1", "refined", False, False, True)]
    for seed in range(5):
        chosen = plan(rows, seed)
        assert (chosen["flip"], chosen["variant"]) == (FLIP, VARIANT)
        assert chosen["hidden"] == HIDDEN
        assert SAMPLE in chosen.values()


def test_a_rare_class_is_read_too() -> None:
    rows = [Opinion(str(n), "2026-Q1", "confirmed", False, False) for n in range(900)]
    rows.append(Opinion("rare", "2026-Q1", "changed", False, False))
    assert "rare" in plan(rows)


def test_another_seed_is_another_sample() -> None:
    rows = opinions(1000)
    assert plan(rows, 1) != plan(rows, 2)
    assert plan(rows, 1) == plan(list(reversed(rows)), 1)


@given(st.lists(st.sampled_from(CLASSES), min_size=1, max_size=300), st.integers(0, 9))
def test_sizes_hold_for_any_mix(classes: list[str], seed: int) -> None:
    rows = [Opinion(str(n), "2026-Q1", name, False, False) for n, name in enumerate(classes)]
    chosen = plan(rows, seed)
    wanted = min(len(rows), max(50, -(-len(rows) // 10)))
    assert wanted <= len(chosen) <= wanted + len(CLASSES)
    assert {row.machine_class for row in rows if row.consultation_id in chosen} == set(classes)
