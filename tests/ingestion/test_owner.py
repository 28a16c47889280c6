"""Whose file it is: a payor's account takes in its own files only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.messages import RULES
from ingestion.outcome import Outcome
from tests.ingestion.conftest import Desk
from tests.ingestion.files import (
    CONSULTATION,
    MEDICAL,
    PHARMACY,
    canonical,
    lines,
    numbered,
    put,
    raw,
)
from tests.ingestion.test_x12_load import text
from tests.ingestion.x12_files import HEAD_837, claim, interchange
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse

NAMED = "deliveries:\n  names: [NORTHLAKE, '0012345']\n"


@pytest.fixture
def named(add_payor: Callable[..., Payor], open_desk: Callable[[str], Desk]) -> Desk:
    """A payor whose files call it NORTHLAKE or 0012345."""
    return open_desk(add_payor(more=NAMED).payor_id)


def is_refused(desk: Desk, outcome: Outcome, code: str) -> bool:
    (message,) = outcome.messages
    assert (outcome.state, outcome.code) == ("refused", code)
    assert desk.stored() == {}
    assert message.startswith(f"[{code}] {desk.payor}/{outcome.feed} file ")
    assert "Did: refused the whole file, nothing was stored." in message
    assert message.endswith(f"Sender should: {RULES[code].fix}.")
    assert "SOUTHLAKE" not in message
    return True


@pytest.mark.case(12)
def test_a_row_that_names_another_payor(named: Desk, tmp_path: Path) -> None:
    rows = numbered(PHARMACY, 12, payer="NORTHLAKE")
    rows[7]["payer"] = "SOUTHLAKE"
    outcome = named.receive("pharmacy_claim", put(tmp_path, canonical(rows)))
    assert is_refused(named, outcome, "E-TENANT")
    assert "line 9 field payer" in outcome.messages[0]
    rows[7]["payer"] = "0012345"
    assert named.receive("pharmacy_claim", put(tmp_path, canonical(rows))).accepted == 12


@pytest.mark.case(12)
def test_a_payor_column_of_another_payor(desk: Desk, tmp_path: Path) -> None:
    rows = numbered(PHARMACY, 12, payor_id="SOUTHLAKE")
    outcome = desk.receive("pharmacy_claim", put(tmp_path, canonical(rows)))
    assert is_refused(desk, outcome, "E-TENANT")
    rows = [{"payor_id": desk.payor, **row} for row in numbered(PHARMACY, 12)]
    content = "\n".join([",".join(rows[0]), *lines(rows), "#TRAILER,12,150.00", ""]).encode()
    assert desk.receive("pharmacy_claim", put(tmp_path, content)).accepted == 12
    assert desk.one("select count(*) from {raw}.pharmacy_claim where claim_id = 'R3'") == 1


@pytest.mark.case(12)
def test_a_trailer_of_another_payor(desk: Desk, tmp_path: Path) -> None:
    rows = numbered(PHARMACY, 2)
    for payor, fits in (("SOUTHLAKE", False), (desk.payor, True)):
        content = raw(rows, lines(rows), f"#TRAILER,2,25.00,{payor}")
        outcome = desk.receive("pharmacy_claim", put(tmp_path, content))
        assert outcome.state == "loaded" if fits else is_refused(desk, outcome, "E-TENANT")


@pytest.mark.case(12)
def test_an_interchange_of_another_payor(
    add_payor: Callable[..., Payor], open_desk: Callable[[str], Desk], tmp_path: Path
) -> None:
    content = text(interchange([*HEAD_837, *claim()]))
    receiver = content.decode().split("*")[8].strip()
    path = put(tmp_path, content)
    other = open_desk(add_payor(more=NAMED).payor_id)
    assert is_refused(other, other.receive("medical_claim", path, "x12"), "E-TENANT")
    more = f"deliveries:\n  names: ['{receiver}']\n"
    own = open_desk(add_payor(more=more).payor_id)
    assert own.receive("medical_claim", path, "x12").state == "loaded"


def test_an_amount_in_another_currency_is_quarantined(desk: Desk, tmp_path: Path) -> None:
    """The gate would block the payor for a row like this until the end of time."""
    claims = numbered(MEDICAL, 5, currency_code="USD")
    claims[1]["currency_code"], claims[2]["currency_code"] = "EUR", ""
    fees = numbered(CONSULTATION, 2)
    fees[1]["currency_code"] = "usd"
    for feed, rows in (("medical_claim", claims), ("consultation", fees)):
        outcome = desk.receive(feed, put(tmp_path, canonical(rows)))
        assert (outcome.accepted, outcome.quarantined) == (len(rows) - 1, {"Q-CURR": 1})
        assert "line 3 field currency_code" in outcome.messages[-1]
        assert "EUR" not in str(outcome)
