"""Files in the Tuva layout, real and our own, against a few lines over the raw text.

The expectations share no code with the product: csv, Decimal and a dictionary.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.check import check_file
from tests.ingestion import samples
from tests.ingestion.conftest import Desk, identities

OURS = Path(__file__).parent / "tuva_small"
SAMPLES = samples.SAMPLES / "tuva_demo" / "v2026_03"
HAS_SAMPLES = samples.HAS_SAMPLES
FOLDERS = [OURS, SAMPLES] if HAS_SAMPLES else [OURS]
FILES = ("eligibility", "eligibility_47col", "medical_claim", "pharmacy_claim")
ENDS = ("enrollment_end_date", "claim_line_end_date", "claim_end_date")
PAID = {"medical_claim": "102557.77", "pharmacy_claim": "1109020.16"}


@dataclass(frozen=True)
class Expected:
    rows: int
    members: int
    claims: int
    paid: Decimal | None
    charge: Decimal | None
    first: str
    last: str


def expected(path: Path) -> Expected:
    with path.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    claims = {row["claim_id"] for row in rows} if "claim_id" in rows[0] else set()
    starts = [row[c] for row in rows for c in _start(row) if row[c]]
    ends = [row[c] for row in rows for c in ENDS if row.get(c)]
    return Expected(
        rows=len(rows),
        members=len({row["member_id"] or row["person_id"] for row in rows}),
        claims=len(claims),
        paid=_sum(row["paid_amount"] for row in rows) if claims else None,
        charge=_charge(rows) if claims else None,
        first=min(starts),
        last=max([*ends, *starts]),
    )


def _start(row: dict[str, str]) -> list[str]:
    if "enrollment_start_date" in row:
        return ["enrollment_start_date"]
    if "dispensing_date" in row:
        return ["dispensing_date"]
    return ["claim_line_start_date"] if row["claim_line_start_date"] else ["claim_start_date"]


def _sum(texts: object) -> Decimal:
    total = sum((Decimal(text) for text in texts if text), Decimal(0))  # type: ignore[attr-defined]
    return total.quantize(Decimal("0.01"))


def _charge(rows: list[dict[str, str]]) -> Decimal:
    """Institutional charges repeat on every line of a claim, the others are per line."""
    once: dict[str, str] = {}
    lines: list[str] = []
    for row in rows:
        if row.get("claim_type") == "institutional":
            once[row["claim_id"]] = row["charge_amount"]
        else:
            lines.append(row["charge_amount"])
    return _sum([*lines, *once.values()])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", FILES)
def test_check_agrees_with_the_raw_text(folder: Path, name: str) -> None:
    path = folder / f"{name}.csv"
    report, want = check_file(path), expected(path)
    assert want.rows > 0
    assert (report.layout, report.feed) == ("tuva_0_18", name.removesuffix("_47col"))
    assert (report.refused, report.quarantined) == (None, {})
    assert (report.rows, report.accepted) == (want.rows, want.rows)
    assert (report.members, report.claims) == (want.members, want.claims)
    assert _cents(report.paid_amount) == want.paid
    assert _cents(report.charge_amount) == want.charge
    assert (report.first_service_date, report.last_service_date) == (want.first, want.last)


def _cents(amount: str | None) -> Decimal | None:
    return None if amount is None else Decimal(amount).quantize(Decimal("0.01"))


@pytest.mark.warehouse
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", FILES)
def test_load_agrees_with_the_raw_text(folder: Path, name: str, desk: Desk) -> None:
    path, feed = folder / f"{name}.csv", name.removesuffix("_47col")
    want, outcome = expected(path), desk.receive(feed, path, "tuva_0_18")
    assert (outcome.state, outcome.accepted, outcome.quarantined) == ("loaded", want.rows, {})
    members = "count(distinct coalesce(member_id, person_id))"
    assert desk.one(f"select {members} from {{raw}}.{feed}") == want.members
    if want.claims:
        claims, paid = desk.rows(
            f"select count(distinct claim_id), sum(paid_amount)::text from {{raw}}.{feed}"
        )[0]
        assert (claims, _cents(paid)) == (want.claims, want.paid)
        assert desk.one(
            "select control_total::text from ops.receipt where receipt_id = %s", outcome.receipt_id
        ) == str(paid)


@pytest.mark.skipif(not HAS_SAMPLES, reason="the public sample files are not beside this checkout")
@pytest.mark.parametrize("feed", sorted(PAID))
def test_the_published_totals(feed: str) -> None:
    assert check_file(SAMPLES / f"{feed}.csv").paid_amount == PAID[feed]


@pytest.mark.warehouse
def test_text_codes_and_noise_survive(desk: Desk) -> None:
    desk.receive("eligibility", OURS / "eligibility_47col.csv", "tuva_0_18")
    desk.receive("medical_claim", OURS / "medical_claim.csv", "tuva_0_18")
    held = identities(desk, "eligibility", "record_no, city, zip_code")
    cities = [(city, code) for _, city, code in sorted(held)[:2]]
    assert cities == [('Saint-Étienne, "Loire"', "01234"), ("Köln", "01234")]
    amounts = desk.rows("select paid_amount::text from {raw}.medical_claim where claim_id = 'C2'")
    assert amounts == [("46.6200",), ("1018.1000",)]
    codes = "select revenue_center_code, place_of_service_code from {raw}.medical_claim"
    assert set(desk.rows(codes)) == {
        ("0001", None), ("0360", None), ("0300", None), (None, "01"), (None, None)
    }  # fmt: skip


def test_a_cut_last_line_is_refused(tmp_path: Path) -> None:
    whole = (OURS / "pharmacy_claim.csv").read_bytes()
    path = tmp_path / "cut.csv"
    path.write_bytes(whole[:-60])
    assert check_file(path, "tuva_0_18").refused == "E-TRUNC"


def test_amounts_once_a_claim_do_not_depend_on_order(tmp_path: Path) -> None:
    head, *lines = (OURS / "medical_claim.csv").read_text().splitlines()
    path = tmp_path / "turned.csv"
    path.write_text("\n".join([head, *reversed(lines)]) + "\n")
    figures: Callable[[Path], tuple[str | None, str | None]] = lambda p: (  # noqa: E731
        check_file(p).charge_amount, check_file(p).paid_amount
    )  # fmt: skip
    assert figures(path) == figures(OURS / "medical_claim.csv")


def test_a_column_of_another_year_is_read_past(tmp_path: Path) -> None:
    head, *lines = (OURS / "pharmacy_claim.csv").read_text().splitlines()
    path = tmp_path / "later.csv"
    later = [f"{head},x_new_column", *(f"{line},anything" for line in lines)]
    path.write_text("\n".join(later) + "\n")
    whole, report = check_file(OURS / "pharmacy_claim.csv"), check_file(path)
    assert (report.layout, report.refused) == ("tuva_0_18", None)
    assert (report.accepted, report.paid_amount) == (whole.accepted, whole.paid_amount)


def test_an_older_name_is_understood(tmp_path: Path) -> None:
    older = (OURS / "medical_claim.csv").read_text().replace(",drg_code,", ",ms_drg_code,", 1)
    path = tmp_path / "older.csv"
    path.write_text(older)
    assert (check_file(path).layout, check_file(path).refused) == ("tuva_0_18", None)
