"""Made-up claim histories: rows of few values, so that everything meets everything."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from tests.generative.final_action import Row

DAYS = (None, "2024-02-01", "2024-03-01")
MONEY = [Decimal(value) for value in ("0", "10.00", "25.50", "40.01")]


@st.composite
def history(draw: st.DrawFn) -> list[Row]:
    """The rows of one to four claims that may hang together."""
    ids = list("ABCD")
    dates = draw(st.sampled_from(((None,), DAYS, (None, None, "2024-02-01"))))
    files = draw(st.sampled_from(((None,), (None,), DAYS)))
    has_whole = draw(st.integers(0, 4)) == 0
    persons = draw(st.sampled_from(("PP", "PP", "PP", "PQ")))
    rows: list[Row] = []
    for _ in range(draw(st.integers(1, 6))):
        if rows and draw(st.integers(0, 4)) == 0:
            rows.append(_again(draw, rows))
            continue
        kind = draw(
            st.sampled_from(("original", "original", "original", "replacement", "void", "reversal"))
        )
        back = kind in ("void", "reversal") and draw(st.integers(0, 9)) > 0
        claim = ids[0] if kind == "original" and draw(st.booleans()) else draw(st.sampled_from(ids))
        originals = [None, None, *ids] if kind == "original" else [None, ids[0], *ids]
        paid = draw(st.sampled_from(MONEY))
        allowed = draw(st.sampled_from([*MONEY, None]))
        whole = draw(st.sampled_from([*MONEY, Decimal("20.00")])) if has_whole else None
        rows.append(
            Row(
                claim=claim,
                line=draw(st.integers(1, 2)),
                person=draw(st.sampled_from(persons)),
                original=draw(st.sampled_from(originals)),
                kind=kind,
                sequence=draw(st.sampled_from((0, 0, 1, 2))),
                adjudicated=draw(st.sampled_from(dates)),
                file_date=draw(st.sampled_from(files)),
                paid=None if has_whole and draw(st.booleans()) else _signed(paid, back),
                allowed=_signed(allowed, back),
                charge=_signed(Decimal("50.00"), back),
                units=draw(st.sampled_from((None, Decimal(1), Decimal(-1 if back else 1)))),
                whole_paid=_signed(whole, back),
                whole_charge=_signed(Decimal("99.00") if has_whole else None, back),
            )
        )
    return rows


def _signed(value: Decimal | None, back: bool) -> Decimal | None:
    return -value if back and value is not None else value


def _again(draw: st.DrawFn, rows: list[Row]) -> Row:
    """A row once more: the same, with another value, or with a later file."""
    row = draw(st.sampled_from(rows))
    change = draw(st.integers(0, 3))
    if change == 1:
        return replace(row, paid=draw(st.sampled_from(MONEY)))
    if change == 2:
        return replace(row, file_date="2024-04-01", allowed=draw(st.sampled_from(MONEY)))
    return row


def histories(count: int, seed: int) -> list[list[Row]]:
    """As many histories as asked for, with ids of their own: they are delivered to one payor."""
    drawn: list[list[Row]] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(history())
    def collect(rows: list[Row]) -> None:
        drawn.append([_own_ids(row, len(drawn)) for row in rows])

    collect()
    return drawn


def _own_ids(row: Row, number: int) -> Row:
    original = row.original and f"H{number:05d}{row.original}"
    return replace(row, claim=f"H{number:05d}{row.claim}", original=original)
