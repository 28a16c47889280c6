"""X12 files into the warehouse: one file fills several feeds, whole and once."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from ingestion.check import check_file
from tests.ingestion.conftest import Desk
from tests.ingestion.test_x12_money import ENROL, REMIT, SUBSCRIBER
from tests.ingestion.test_x12_samples import NAMES, REFUSED
from tests.ingestion.x12_files import (
    HEAD_837,
    X12,
    claim,
    interchange,
    paid_claim,
    payment,
    text,
)

pytestmark = pytest.mark.warehouse

# the same bytes as another sample
TWIN = "linuxforhealth/837p_5010/demo.example6.837"
PLB = "PLB*1*20251231*L6*-1.50*WO:OLD1*21.5"
PARTS = {
    "medical_claim": interchange([*HEAD_837, *claim(), *claim("C2")]),
    "remittance_claim": interchange(
        [*payment("50"), *paid_claim(), PLB], guide=REMIT, control="000000002"
    ),
    "eligibility": interchange(
        ["BGN*00*1*20260101*0900****2", *SUBSCRIBER], guide=ENROL, control="000000003"
    ),
}
STORED = {
    "medical_claim": 4, "remittance_claim": 1, "remittance_line": 1, "remittance_adjustment": 3,
    "provider_adjustment": 2, "eligibility": 2, "vault.person": 2,
}  # fmt: skip


def put(folder: Path, content: bytes) -> Path:
    path = folder / sha256(content).hexdigest()[:12]
    path.write_bytes(content)
    return path


def stored(desk: Desk) -> dict[str, int]:
    return {name: count for name, count in desk.stored().items() if name != "ops.change"}


def test_one_file_fills_all_feeds(desk: Desk, tmp_path: Path) -> None:
    content = text([segment for part in PARTS.values() for segment in part])
    outcome = desk.receive("medical_claim", put(tmp_path, content), "x12")
    assert (outcome.state, outcome.rows, outcome.accepted) == ("loaded", 5, 5)
    assert stored(desk) == STORED
    assert "[I-MULTI]" in outcome.messages[0]
    again = desk.receive("medical_claim", put(tmp_path, content), "x12")
    assert (again.state, stored(desk)) == ("duplicate", STORED)


def test_each_kind_alone_makes_the_same_rows(desk: Desk, tmp_path: Path) -> None:
    for feed, part in PARTS.items():
        assert desk.receive(feed, put(tmp_path, text(part)), "x12").state == "loaded"
    assert stored(desk) == STORED
    paid = desk.one("select sum(paid_amount) from {raw}.remittance_claim")
    held = desk.one("select sum(adjustment_amount) from {raw}.provider_adjustment")
    assert (paid, paid - held) == (Decimal("70.0000"), Decimal("50.0000"))


def test_a_control_number_is_used_once(desk: Desk, tmp_path: Path) -> None:
    """The number of a loaded interchange does not come back with other content, or as a part."""
    first = put(tmp_path, text(interchange([*HEAD_837, *claim()])))
    assert desk.receive("medical_claim", first, "x12").state == "loaded"
    before = desk.stored()
    other = [
        interchange([*HEAD_837, *claim("C9")], control=number)
        for number in ("0" * 9, "0" * 8 + "1")
    ]
    content = text([segment for one in other for segment in one])
    again = desk.receive("medical_claim", put(tmp_path, content), "x12")
    assert (again.state, again.code, desk.stored()) == ("held", "X-DUPCTL", before)
    renumbered = text(other[0])
    assert desk.receive("medical_claim", put(tmp_path, renumbered), "x12").state == "loaded"


def test_tests_may_repeat_their_numbers(desk: Desk, tmp_path: Path) -> None:
    for number in ("C1", "C2"):
        content = text(interchange([*HEAD_837, *claim(number)], usage="T"))
        assert desk.receive("medical_claim", put(tmp_path, content), "x12_test").state == "loaded"


def test_adjustments_explain_every_line(desk: Desk, tmp_path: Path) -> None:
    desk.receive("remittance_claim", put(tmp_path, text(PARTS["remittance_claim"])), "x12")
    gaps = desk.one(
        """
        select count(*)
        from {raw}.remittance_line as line
        where charge_amount - paid_amount <> (
            select sum(adjustment_amount)
            from {raw}.remittance_adjustment as adjustment
            where (receipt_id, record_no) = (line.receipt_id, line.record_no)
            and adjustment.remittance_line_number = line.remittance_line_number
        )
        """
    )
    assert gaps == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_public_file_is_received(name: str, catalogue_desk: Desk) -> None:
    report = check_file(X12 / name)
    assert report.feed and report.layout
    before = catalogue_desk.stored()
    outcome = catalogue_desk.receive(report.feed, X12 / name, report.layout)
    if outcome.state == "duplicate":
        assert name == TWIN
        return
    assert (outcome.state, outcome.code) == (
        ("refused", REFUSED[name]) if name in REFUSED else ("loaded", None)
    )
    assert (outcome.rows, outcome.quarantined) == (report.rows, report.quarantined)
    if name in REFUSED:
        assert catalogue_desk.stored() == before
    else:
        check_amounts(catalogue_desk, outcome.receipt_id, report.feed, report.charge_amount)


def check_amounts(desk: Desk, receipt_id: int, feed: str, charge: str | None) -> None:
    if feed != "eligibility":
        query = f"select coalesce(sum(charge_amount), 0) from {{raw}}.{feed} where receipt_id = %s"
        assert desk.one(query, receipt_id) == Decimal(charge or "0")
