"""FHIR cases 56 to 60, through `check` and `receive`: deletions, versions, lines, order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.ingestion.cases.told import CANARY, Told, stored, tell
from tests.ingestion.conftest import Desk
from tests.ingestion.fhir.made import EOB, amount, changed, concept, line

pytestmark = pytest.mark.warehouse

CLAIM = changed(EOB, id="e1", patient={"reference": f"Patient/{CANARY}"},
                identifier=[{"type": concept("uc"), "value": "PAYOR-1"}])  # fmt: skip


def lines(*resources: dict[str, Any] | str) -> bytes:
    texts = [one if isinstance(one, str) else json.dumps(one) for one in resources]
    return "".join(f"{text}\n" for text in texts).encode()


def told_of(
    desk: Desk, folder: Path, *resources: dict[str, Any] | str, feed: str = "medical_claim"
) -> Told:
    return tell(desk, folder, feed, lines(*resources), "fhir_r4")


def deletion(at: str, *ids: str) -> dict[str, Any]:
    return {
        "resourceType": "Bundle", "type": "transaction", "meta": {"lastUpdated": at},
        "entry": [{"request": {"method": "DELETE", "url": f"ExplanationOfBenefit/{one}"}}
                  for one in ids],
    }  # fmt: skip


def versions(desk: Desk) -> list[tuple[Any, ...]]:
    """(claim, line, kind) by the order that decides which version holds."""
    return desk.rows(
        "select claim_id, claim_line_number, adjustment_type from {raw}.medical_claim"
        " order by claim_id, claim_line_number, sender_sequence, adjustment_type"
    )


LATER, EARLIER = "2024-05-01T00:00:00Z", "2024-03-31T00:00:00Z"
GONE = [("PAYOR-1", 1, "original"), ("PAYOR-1", 1, "void")]


@pytest.mark.case(56)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["claim first", "deletion first"])
def test_a_deleted_claim_is_void_whichever_comes_first(
    order: Sequence[int], desk: Desk, tmp_path: Path
) -> None:
    files = [("medical_claim", CLAIM), ("withdrawn_record", deletion(LATER, "e1", "other"))]
    for at in order:
        feed, resource = files[at]
        assert told_of(desk, tmp_path, resource, feed=feed).outcome.accepted == 1
    assert versions(desk) == GONE
    assert stored(desk, "withdrawn_record", "record_id") == ["e1", "other"]
    families = desk.rows(
        "select count(*) from ops.change where payor_id = %s and entity = 'claim_family'",
        desk.payor,
    )
    assert families == [(2,)] if order == (0, 1) else [(1,)]


@pytest.mark.case(56)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["claim first", "deletion first"])
def test_a_version_newer_than_the_deletion_stays(
    order: Sequence[int], desk: Desk, tmp_path: Path
) -> None:
    files = [("medical_claim", CLAIM), ("withdrawn_record", deletion(EARLIER, "e1"))]
    for at in order:
        told_of(desk, tmp_path, files[at][1], feed=files[at][0])
    assert versions(desk) == GONE[:1]


@pytest.mark.case(56)
@pytest.mark.parametrize("change", [{"meta": {}}, {"entry": [{"resource": EOB}]}])
def test_a_bundle_that_is_no_list_of_deletions(
    change: dict[str, Any], desk: Desk, tmp_path: Path
) -> None:
    bad = {**deletion(LATER, "e1"), **change}
    told = told_of(desk, tmp_path, CLAIM, bad)
    assert list(told.outcome.quarantined) == (["Q-REQ"] if "meta" in change else ["F-BUNDLE"])
    assert versions(desk) == GONE[:1]


@pytest.mark.case(57)
@pytest.mark.parametrize(
    ("more", "kind", "family"),
    [
        ({"status": "cancelled"}, "void", None),
        ({"related": [{"relationship": concept("prior"), "reference": {"value": "PAYOR-0"}}]},
         "replacement", "PAYOR-0"),
        ({"related": [{"relationship": concept("replacedby"), "reference": {"value": "PAYOR-2"}}]},
         "void", None),
    ],
    ids=["cancelled", "prior", "replacedby"],
)  # fmt: skip
def test_what_a_version_does_to_its_family(
    more: dict[str, Any], kind: str, family: str | None, desk: Desk, tmp_path: Path
) -> None:
    assert told_of(desk, tmp_path, changed(CLAIM, **more)).outcome.accepted == 1
    found = desk.rows("select adjustment_type, original_claim_id from {raw}.medical_claim")
    assert found == [(kind, family)]


GOOD = json.dumps(CLAIM)
BAD = {
    "a key twice": (GOOD[:-1] + ', "status": "draft"}', "F-KEY"),
    "NaN": (GOOD.replace('"value": 60', '"value": NaN'), "F-NUM"),
    "1e400": (GOOD.replace('"value": 60', '"value": 1e400'), "F-NUM"),
    "half a line": (GOOD[:200], "F-LINE"),
    "an attachment beyond reason": (GOOD[:-1] + ', "data": "' + "A" * (5 << 20) + '"}', "F-LINE"),
}  # fmt: skip


@pytest.mark.case(58, 59)
@pytest.mark.parametrize("name", BAD)
def test_a_line_that_is_no_sound_json(name: str, desk: Desk, tmp_path: Path) -> None:
    bad, code = BAD[name]
    told = told_of(desk, tmp_path, changed(CLAIM, id="e2", identifier=None), bad)
    assert told.outcome.quarantined == {code: 1}
    assert "line 2 " in told.says(code)
    assert stored(desk, "medical_claim") == ["e2"]


@pytest.mark.case(59)
def test_narrative_is_never_stored(desk: Desk, tmp_path: Path) -> None:
    secret = "NARRATIVE1815"
    told_of(desk, tmp_path, changed(
        CLAIM, text={"status": "generated", "div": f"<div>{secret}</div>"},
        contained=[{"resourceType": "Practitioner", "id": "x", "text": {"div": secret}}],
        note=[{"text": secret}],
    ))  # fmt: skip
    (row,) = desk.rows("select claim::text from {raw}.medical_claim as claim")
    assert secret not in row[0]


@pytest.mark.case(60)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "older one later"])
def test_the_newest_version_is_the_one_last_updated(
    order: Sequence[int], desk: Desk, tmp_path: Path
) -> None:
    newer = changed(CLAIM, meta={"lastUpdated": LATER}, payment={"amount": {"value": 50}},
                    item=[line(1, amount("benefit", 50))])  # fmt: skip
    both = (CLAIM, newer)
    for at in order:
        told_of(desk, tmp_path, both[at])
    query = "select paid_amount::int from {raw}.medical_claim order by sender_sequence desc limit 1"
    assert desk.one(query) == 50
