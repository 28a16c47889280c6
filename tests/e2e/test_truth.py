"""Every published class and status equals the truth of the world, every night, for every payor.

The expectation comes from `truth.json` alone: the simulator's own oracle over its event history.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from tests.e2e.conftest import PAYORS, History

pytestmark = [pytest.mark.night, pytest.mark.warehouse]
NIGHTS = range(4)


@pytest.mark.parametrize("number", NIGHTS)
@pytest.mark.parametrize("who", PAYORS)
def test_every_diagnosis_class(history: History, who: str, number: int) -> None:
    date = history.nights[number]
    expected = history.expected(who, date)["diagnosis"]
    assert len(expected) > 20
    assert history.published[who, date].classes == expected


@pytest.mark.parametrize("number", NIGHTS)
@pytest.mark.parametrize("who", PAYORS)
def test_every_procedure_status(history: History, who: str, number: int) -> None:
    date = history.nights[number]
    expected = {
        (case, row["proposal_no"]): row["status"]
        for case, rows in history.expected(who, date)["procedures"].items()
        for row in rows
    }
    assert len(expected) > 20
    seen = {key: status for key, (_, status) in history.published[who, date].statuses.items()}
    assert seen == expected


@pytest.mark.parametrize("number", NIGHTS)
@pytest.mark.parametrize("who", PAYORS)
def test_case_counts(history: History, who: str, number: int) -> None:
    date = history.nights[number]
    expected = {k: n for k, n in history.expected(who, date)["consultations"].items() if n}
    assert expected["delivered"] > 20
    assert history.published[who, date].cases == expected


@pytest.mark.parametrize("number", NIGHTS)
@pytest.mark.parametrize("who", PAYORS)
def test_member_months_and_final_claims(history: History, who: str, number: int) -> None:
    date = history.nights[number]
    expected = history.expected(who, date)
    seen = history.published[who, date].utilisation
    assert seen["member_months"] == expected["member_months"]
    assert seen["claims"] == expected["final_claims"]["claims"]
    assert seen["claim_lines"] == expected["final_claims"]["lines"]
    for money in ("paid_amount", "allowed_amount"):
        assert seen[money] == Decimal(expected["final_claims"][money])


def test_statuses_move_between_nights(history: History) -> None:
    """The nights differ: late claims restate, and a night without files matures what is due."""
    moved = Counter(
        (before[key][1], after[key][1])
        for who in PAYORS
        for first, second in zip(history.nights, history.nights[1:], strict=False)
        for before, after in [
            (
                history.published[who, first].statuses,
                history.published[who, second].statuses,
            )
        ]
        for key in before.keys() & after.keys()
        if before[key] != after[key]
    )
    assert moved["not_performed_provisional", "not_performed_confirmed"] > 0
    assert sum(n for (_, to), n in moved.items() if to == "performed_as_proposed") > 0


def test_a_night_without_files_still_matures(history: History) -> None:
    quiet = [
        (who, before, date)
        for who in PAYORS
        for before, date in zip(history.nights, history.nights[1:], strict=False)
        if not any((history.world / "nights" / date / who).rglob("*.*"))
    ]
    assert quiet, "the world has a night on which a payor delivers nothing"
    for who, before, date in quiet:
        earlier, later = history.published[who, before], history.published[who, date]
        assert later.statuses != earlier.statuses
        assert later.release["as_of"].isoformat() == date


@pytest.mark.parametrize("who", PAYORS)
def test_broken_files_end_as_the_world_says(history: History, who: str) -> None:
    from tests.e2e.files import outcomes

    seen = outcomes(history.settings, history.world, who)
    expected = {
        name: (truth["outcome"], truth.get("code"), truth.get("quarantined") or {})
        for date in history.nights
        for name, truth in history.expected(who, date)["files"].items()
    }
    assert {outcome for outcome, _, _ in expected.values()} == {"loaded", "refused", "duplicate"}
    assert seen == expected
