"""X12 cases 43 to 53, through `check` and `receive`: envelope, balance, what is told of links."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingestion.cases.told import CANARY, Told, stored, tell
from tests.ingestion.conftest import Desk
from tests.ingestion.x12_files import HEAD_837, claim, interchange, paid_claim, payment, text

pytestmark = pytest.mark.warehouse

REMIT = "005010X221A1"


def submitted(**envelope: str) -> list[str]:
    return [segment.replace("DOE*ANN", f"{CANARY}*ANN")
            for segment in interchange([*HEAD_837, *claim()], **envelope)]  # fmt: skip


def remitted(paid: str, *body: str, control: str = "000000009") -> bytes:
    whole = interchange([*payment(paid), *body], guide=REMIT, control=control)
    return text(whole).replace(b"DOE*ANN", f"{CANARY}*ANN".encode())


def told_of(desk: Desk, folder: Path, content: bytes, feed: str = "medical_claim") -> Told:
    return tell(desk, folder, feed, content, "x12")


BROKEN = {
    "a short ISA": (lambda s: text(s).replace(b"*ZZ*SENDER         *", b"*ZZ*SENDER*", 1), "X-ISA"),
    "a separator twice": (lambda s: text(s).replace(b"*0*P*:", b"*0*P**", 1), "X-ISA"),
    "IEA of another interchange": (lambda s: text([*s[:-1], "IEA*1*000000002"]), "X-CTRL"),
    "GE of another group": (lambda s: text([*s[:-2], "GE*1*8", s[-1]]), "X-CTRL"),
    "too few segments": (lambda s: text([*s[:-3], "SE*3*0001", *s[-2:]]), "X-CTRL"),
}  # fmt: skip


@pytest.mark.case(43, 44)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_envelope(name: str, desk: Desk, tmp_path: Path) -> None:
    spoil, code = BROKEN[name]
    told = told_of(desk, tmp_path, spoil(submitted()))
    held = told.outcome.quarantined or {told.outcome.code: 1}
    assert list(held) == [code]
    assert told.outcome.accepted == 0
    assert "medical_claim" not in desk.stored()


@pytest.mark.case(43)
@pytest.mark.parametrize("end", ["~", "~\r\n", "\n", "\r\n"])
def test_line_ends_that_the_isa_declares(end: str, desk: Desk, tmp_path: Path) -> None:
    assert told_of(desk, tmp_path, text(submitted(), end)).outcome.accepted == 1


@pytest.mark.case(45)
def test_each_interchange_is_judged_on_its_own(desk: Desk, tmp_path: Path) -> None:
    second = submitted(control="000000002")
    second[-3] = "SE*3*0001"
    third = submitted(control="000000003")
    told = told_of(desk, tmp_path, text(submitted()) + text(second) + text(third))
    assert told.outcome.accepted == 2
    assert told.outcome.quarantined == {"X-CTRL": 1}
    assert told.says("I-MULTI")


@pytest.mark.case(46)
def test_a_test_interchange_stays_out_of_production(desk: Desk, tmp_path: Path) -> None:
    told = told_of(desk, tmp_path, text(submitted(usage="T")))
    assert (told.outcome.state, told.outcome.code) == ("refused", "X-TEST")


@pytest.mark.case(48)
@pytest.mark.parametrize(
    ("old", "new"),
    [("CAS*CO*45*20", "CAS*CO*45*21"), ("CLP*C1*1*100*70", "CLP*C1*1*101*70"),
     ("SVC*HC:G0101*100*70", "SVC*HC:G0101*100*69")],
    ids=["line", "claim", "line paid"],
)  # fmt: skip
def test_a_claim_that_does_not_balance_stays_out_alone(
    old: str, new: str, desk: Desk, tmp_path: Path
) -> None:
    body = [segment.replace(old, new) for segment in paid_claim()]
    content = remitted("140", *body, *paid_claim("C2"))
    told = told_of(desk, tmp_path, content, "remittance_claim")
    assert told.outcome.quarantined == {"X-BAL3": 1}
    assert stored(desk, "remittance_claim") == ["ICNC2"]


@pytest.mark.case(48)
def test_a_payment_that_does_not_balance_lets_nothing_in(desk: Desk, tmp_path: Path) -> None:
    content = remitted("140.01", *paid_claim(), *paid_claim("C2"))
    told = told_of(desk, tmp_path, content, "remittance_claim")
    assert (told.outcome.state, told.outcome.code) == ("refused", "X-BAL3")
    assert desk.stored() == {}


@pytest.mark.case(49)
def test_what_a_provider_owes_stays_apart(desk: Desk, tmp_path: Path) -> None:
    plb = "PLB*1234567893*20251231*WO:OLD1*21.5*FB*-20"
    told = told_of(desk, tmp_path, remitted("68.5", *paid_claim(), plb), "remittance_claim")
    assert told.outcome.quarantined == {}
    assert stored(desk, "remittance_claim", "paid_amount") == ["70.0000"]
    assert stored(desk, "provider_adjustment", "adjustment_amount") == ["21.5000", "-20.0000"]


@pytest.mark.case(50)
def test_a_reversal_without_its_prior_is_kept(desk: Desk, tmp_path: Path) -> None:
    content = remitted("-70", *paid_claim(status="22", sign="-"))
    assert told_of(desk, tmp_path, content, "remittance_claim").outcome.accepted == 1
    assert stored(desk, "remittance_claim", "adjustment_type") == ["reversal"]


@pytest.mark.case(51)
def test_a_payment_without_its_claim_is_kept_with_all_its_links(desk: Desk, tmp_path: Path) -> None:
    """The claim may come later: order decides nothing. The share without one is told at night."""
    told = told_of(desk, tmp_path, remitted("70", *paid_claim()), "remittance_claim")
    assert (told.outcome.accepted, told.outcome.quarantined) == (1, {})
    keys = desk.rows(
        "select claim_id, patient_control_number, person_id from {raw}.remittance_claim"
    )
    assert keys == [("ICNC1", "C1", "M1")]


@pytest.mark.case(52)
@pytest.mark.parametrize(
    ("old", "new"),
    [("CAS*CO*45", "CAS*CO*999"), ("CAS*CO*45", "CAS*XX*45"), ("CAS*PR*1*", "CAS*PR*ZZ9*")],
)
def test_an_adjustment_code_on_no_list_is_told(
    old: str, new: str, desk: Desk, tmp_path: Path
) -> None:
    body = [segment.replace(old, new) for segment in paid_claim()]
    told = told_of(desk, tmp_path, remitted("70", *body), "remittance_claim")
    assert told.outcome.accepted == 1
    assert "accepted with a warning" in told.says("W-REASON")


@pytest.mark.case(52)
def test_listed_codes_are_not_told(desk: Desk, tmp_path: Path) -> None:
    told = told_of(desk, tmp_path, remitted("70", *paid_claim()), "remittance_claim")
    assert told.outcome.messages == ()


@pytest.mark.case(53)
def test_lines_that_the_payor_bundled_keep_what_was_submitted(desk: Desk, tmp_path: Path) -> None:
    body = [
        "CLP*C1*1*100*70*10*12*ICNC1*11*1", "NM1*QC*1*DOE*ANN****MI*M1",
        "SVC*HC:G0105*60*70**2*HC:G0101*1", "DTM*472*20251201", "CAS*CO*97*-20", "CAS*PR*1*10",
        "SVC*HC:G0101*40*0**0*HC:G0102*1", "DTM*472*20251201", "CAS*CO*97*40",
    ]  # fmt: skip
    told = told_of(desk, tmp_path, remitted("70", *body), "remittance_claim")
    assert told.outcome.quarantined == {}
    lines = desk.rows(
        "select hcpcs_code, submitted_code, charge_amount, paid_amount"
        " from {raw}.remittance_line order by remittance_line_number"
    )
    assert [(paid, sent) for paid, sent, *_ in lines] == [("G0105", "G0101"), ("G0101", "G0102")]
