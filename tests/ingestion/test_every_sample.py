"""Each public sample file through `check` and through `receive`, against its raw text.

The list of files is that of the MANIFEST beside them: a file that nobody computed figures for, or
said the code of, fails here.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from ingestion.check import FileReport, check_file
from ingestion.contract import load_feed, load_layout
from ingestion.outcome import Outcome
from pipeline.settings import Settings
from tests.ingestion.conftest import Desk
from tests.ingestion.expected import NOT_FEEDS, expected, family, layout_of
from tests.ingestion.expected_flat import Expected
from tests.ingestion.samples import HAS_SAMPLES, SAMPLES, files
from warehouse.connection import connect2
from warehouse.payor_file import Payor

pytestmark = pytest.mark.skipif(
    not HAS_SAMPLES, reason="the public sample files are not beside this checkout"
)


def listed() -> list[Path]:
    found = []
    for manifest in files("*/MANIFEST.csv"):
        with manifest.open(newline="", encoding="utf-8") as handle:
            found += [manifest.parent / row["path"] for row in csv.DictReader(handle)]
    return sorted(found)


FILES = listed()
EACH = pytest.mark.parametrize(
    "path", FILES, ids=["/".join(path.parts[-3:]) for path in FILES]
)  # fmt: skip
figures, checked = cache(expected), cache(check_file)


def test_the_manifests_name_every_file() -> None:
    beside = {"MANIFEST.csv", "PROVENANCE.md"}
    there = {path for path in SAMPLES.glob("*/**/*") if path.is_file() and path.name not in beside}
    assert {path for path in there if path.relative_to(SAMPLES).parts[0] != "LICENSES"} == set(
        FILES
    )
    assert len(FILES) > 200 or not HAS_SAMPLES


@EACH
def test_check(path: Path) -> None:
    want, report = figures(path), checked(path)
    assert report.layout == layout_of(path)
    assert (report.reason is None) == (report.layout is None)
    if isinstance(want, str):
        assert (report.refused, report.rows, report.members) == (want, 0, 0)
        return
    assert (report.feed, report.refused, report.rows) == (want.feed, None, want.rows)
    assert report.quarantined == want.held
    assert report.rows == report.accepted + sum(report.quarantined.values())
    if want.money:
        assert (report.members, report.claims) == (want.members, want.claims)
        assert _cents(report.charge_amount) == _cents(want.charge)
        assert _cents(report.paid_amount) == _cents(want.paid)
        assert (report.first_service_date, report.last_service_date) == (want.first, want.last)


def _cents(amount: str | Decimal | None) -> Decimal | None:
    return None if amount is None else Decimal(amount).quantize(Decimal("0.01"))


@pytest.fixture(scope="module")
def desks(settings: Settings, add_payor: Callable[..., Payor]) -> Iterator[list[Desk]]:
    """Some payors: the same text, or the same interchange number, may enter each one once."""
    conn = connect2(settings, role="loader")
    yield [Desk(conn, add_payor("sweep").payor_id) for _ in range(4)]
    conn.close()


@pytest.mark.warehouse
@EACH
def test_receive(path: Path, desks: list[Desk]) -> None:
    want, report = figures(path), checked(path)
    feed, layout = report.feed or "medical_claim", report.layout or "canonical_csv"
    desk, outcome = _received(desks, feed, path, layout)
    if isinstance(want, str):
        code = want if family(path) not in NOT_FEEDS or want == "E-XML" else outcome.code
        assert (outcome.state, outcome.code, outcome.accepted) == ("refused", code, 0)
        assert _stored(desk, outcome, layout) == 0
        return
    assert (outcome.state, outcome.rows) == ("loaded", want.rows)
    assert outcome.quarantined == want.held
    skipped = sum(outcome.skipped.values())
    assert outcome.rows == outcome.accepted + skipped + sum(want.held.values())
    if want.stored is not None:
        assert _stored(desk, outcome, layout, want.feed) == want.stored
    _compare(desk, outcome, report, want)


def _received(desks: list[Desk], feed: str, path: Path, layout: str) -> tuple[Desk, Outcome]:
    """By the first payor that does not know the file's text or its interchange number yet."""
    for desk in desks:
        outcome = desk.receive(feed, path, layout)
        if outcome.code not in ("I-DUP", "X-DUPCTL"):
            break
    return desk, outcome


def _stored(desk: Desk, outcome: Outcome, layout: str, only: str | None = None) -> int:
    feeds = [only] if only else load_layout(layout).feeds
    count = "select count(*) from {{raw}}.{} where receipt_id = %s"
    return sum(desk.one(count.format(feed), outcome.receipt_id) for feed in feeds)


def _compare(desk: Desk, outcome: Outcome, report: FileReport, want: Expected) -> None:
    """What is stored, counted by the database, with what the raw text says."""
    assert report.layout
    layout = load_layout(report.layout)
    # what one file of a feed fills beside it
    feeds = [
        name
        for name in layout.feeds
        if name in (want.feed, "pharmacy_claim", "member", "remittance_line")
    ]
    told = [_figures(desk, outcome, name, layout.name) for name in feeds]
    if not want.money:
        return
    assert len({member for one in told for member in one[0]}) == want.members
    if want.claims:
        assert sum(one[1] for one in told) == want.claims
        assert _cents(sum(one[2] for one in told)) == _cents(want.charge)
        assert _cents(sum(one[3] for one in told)) == _cents(want.paid)
    assert min((one[4] for one in told if one[4]), default=None) == want.first
    assert max((one[5] for one in told if one[5]), default=None) == want.last


def _figures(desk: Desk, outcome: Outcome, feed: str, layout: str) -> tuple:  # type: ignore[type-arg]
    """(member ids, claims, charge, paid, first day, last day) of one feed of a receipt."""
    form, where = load_feed(feed), f"from {{raw}}.{feed} where receipt_id = %s"
    key = outcome.receipt_id
    member = f"coalesce({', '.join(form.member_columns)})"
    members = [row[0] for row in desk.rows(f"select distinct {member} {where}", key)]
    claims = desk.one(f"select count(distinct claim_id) {where}", key) if form.claim_column else 0
    amounts = [_amount(desk, where, key, feed, layout, name) for name in ("charge", "paid")]
    first = _day(desk, where, key, "min", "least", form.service_date_columns)
    last = _day(desk, where, key, "max", "greatest", form.service_end_columns)
    return {one for one in members if one}, claims, *amounts, first, last


def _amount(desk: Desk, where: str, key: int, feed: str, layout: str, name: str) -> Decimal:
    """Each claim's amount once: what repeats on its lines by its largest, what does not added."""
    if not load_feed(feed).claim_column:
        return Decimal(0)
    repeats = "false"
    if feed == "medical_claim" and layout == "tuva_0_18" and name == "charge":
        repeats = "claim_type = 'institutional'"
    whole = f"claim_{name}_amount" if feed == "medical_claim" else "null::numeric"
    own = f"{name}_amount"
    return Decimal(desk.one(
        f"""
        select coalesce(sum(amount), 0)::text
        from (
            select coalesce(
                max({whole}),
                coalesce(sum({own}) filter (where not {repeats}), 0)
                + coalesce(max({own}) filter (where {repeats}), 0)
            ) as amount
            {where}
            group by claim_id
        ) as claims
        """,
        key,
    ))  # fmt: skip


def _day(
    desk: Desk, where: str, key: int, outer: str, inner: str, names: tuple[str, ...]
) -> str | None:
    if not names:
        return None
    first = f"{inner}({', '.join(names)})" if outer == "min" or "recorded_date" not in names else (
        "coalesce(event_end_date, event_start_date, recorded_date)"
    )  # fmt: skip
    if "recorded_date" in names and outer == "min":
        first = "coalesce(event_start_date, recorded_date)"
    return desk.one(f"select {outer}({first})::text {where}", key)  # type: ignore[no-any-return]
