"""What a steward decides: audited, conserving every row, and never a value shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from ingestion import load, receipts, steward
from ingestion.outcome import Outcome
from ingestion.replay import Replayed
from ingestion.steward import Decision, StewardError
from tests.ingestion.conftest import DAY, Desk
from tests.ingestion.files import MEDICAL, PHARMACY, canonical, lines, numbered, put, raw
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse

AT = datetime(2026, 7, 2, 8, 30, tzinfo=UTC)
DECISION = Decision("ada", AT, "the sender said so")
NAME = "pharmacy_claim_20260701_01.csv"
FIRST = numbered(PHARMACY, 12)
SECOND = numbered(PHARMACY, 14, paid_amount="13.00")


@pytest.fixture
def versions(desk: Desk, tmp_path: Path) -> tuple[Outcome, Outcome]:
    """A loaded file and its held second version."""
    found = []
    for at, rows in enumerate((FIRST, SECOND)):
        folder = tmp_path / str(at)
        folder.mkdir()
        found.append(desk.receive("pharmacy_claim", put(folder, canonical(rows), NAME)))
    return found[0], found[1]


def kept(desk: Desk, feed: str = "pharmacy_claim") -> int:
    """Rows that figures rest on."""
    return int(desk.one(f"select count(*) from kept_{desk.payor}.{feed}"))


def audit(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.rows(
        "select action, detail, actor, acted_at, reason from ops.steward_action"
        " where payor_id = %s order by action_id",
        desk.payor,
    )


def load_waiting(desk: Desk, tmp_path: Path, receipt: int) -> Outcome:
    """What the next night does with an admitted file; here its place is known."""
    with desk.conn, desk.conn.cursor() as cursor:
        cursor.execute(
            f"select {receipts.COLUMNS} from ops.receipt where receipt_id = %s", (receipt,)
        )
        found = receipts.stored(desk.payor, tmp_path / "1" / NAME, cursor.fetchone())
    return load.load_receipt(desk.conn, found)


@pytest.mark.case(9)
@pytest.mark.parametrize(("admitted_as", "rows"), [("replace", 14), ("add", 26)])
def test_a_second_version_is_released(
    admitted_as: str, rows: int, desk: Desk, versions: tuple[Outcome, Outcome], tmp_path: Path
) -> None:
    first, second = versions
    steward.release(desk.conn, desk.payor, second.receipt_id, admitted_as, DECISION)
    assert kept(desk) == 12
    assert load_waiting(desk, tmp_path, second.receipt_id).state == "loaded"
    assert kept(desk) == rows
    assert desk.one("select count(*) from {raw}.pharmacy_claim") == 26
    withdrawn = desk.rows(
        "select receipt_id, record_no, code, state from ops.quarantine where payor_id = %s",
        desk.payor,
    )
    left = [(first.receipt_id, 0, "S-WITHDRAWN", "withdrawn")]
    assert withdrawn == (left if admitted_as == "replace" else [])
    causes = dict(
        desk.rows("select cause, count(*) from ops.change where payor_id = %s group by 1",
                  desk.payor)
    )  # fmt: skip
    assert causes.get("steward", 0) == (1 if admitted_as == "replace" else 0)
    detail = f"replace {first.receipt_id}" if admitted_as == "replace" else "add"
    assert audit(desk) == [("release", detail, "ada", AT, "the sender said so")]


def test_an_admitted_file_may_be_handed_over_again(
    desk: Desk, versions: tuple[Outcome, Outcome], tmp_path: Path
) -> None:
    _, second = versions
    steward.release(desk.conn, desk.payor, second.receipt_id, "add", DECISION)
    again = desk.receive("pharmacy_claim", tmp_path / "1" / NAME)
    assert (again.state, again.receipt_id) == ("loaded", second.receipt_id)


def test_a_released_file_may_be_held_for_another_reason(desk: Desk, tmp_path: Path) -> None:
    for count in (11, 12):
        desk.receive("pharmacy_claim", put(tmp_path, canonical(numbered(PHARMACY, count))))
    rows = numbered(PHARMACY, 15, paid_amount="1250.00", surprise="y")
    path = put(tmp_path, canonical(rows))
    for code in ("H-SCHEMA", "H-UNIT"):
        held = desk.receive("pharmacy_claim", path)
        assert (held.state, held.code) == ("held", code)
        steward.release(desk.conn, desk.payor, held.receipt_id, "add", DECISION)
    assert desk.receive("pharmacy_claim", path).accepted == 15
    assert kept(desk) == 38


def test_a_row_is_withdrawn(desk: Desk, tmp_path: Path) -> None:
    got = desk.receive("medical_claim", put(tmp_path, canonical(numbered(MEDICAL, 4))))
    for _ in range(2):
        steward.take_out(desk.conn, desk.payor, got.receipt_id, 3, DECISION)
    assert (kept(desk, "medical_claim"), desk.stored()["medical_claim"]) == (3, 4)
    assert desk.rows(
        "select record_no, code, state from ops.quarantine where payor_id = %s", desk.payor
    ) == [(3, "S-WITHDRAWN", "withdrawn")]
    marked = desk.rows(
        "select entity, count(*) from ops.change where payor_id = %s and cause = 'steward'"
        " group by 1",
        desk.payor,
    )
    assert marked == [("claim_family", 1)]
    with pytest.raises(StewardError, match="no such record"):
        steward.take_out(desk.conn, desk.payor, got.receipt_id, 99, DECISION)


def test_a_file_is_withdrawn_and_a_held_one_given_up(
    desk: Desk, versions: tuple[Outcome, Outcome]
) -> None:
    first, second = versions
    word = steward.take_out(desk.conn, desk.payor, first.receipt_id, None, DECISION)
    assert (word, kept(desk), desk.stored()["pharmacy_claim"]) == ("withdrawn", 0, 12)
    word = steward.take_out(desk.conn, desk.payor, second.receipt_id, None, DECISION)
    state = desk.rows(
        "select state, code from ops.receipt where receipt_id = %s", second.receipt_id
    )
    assert (word, state) == ("refused", [("refused", "S-WITHDRAWN")])


def test_quarantined_rows_are_read_again_under_another_contract(
    desk: Desk, tmp_path: Path, settings: Any
) -> None:
    """Rows that pass now come in under the same receipt; the others stay where they are."""
    rows = numbered(MEDICAL, 6, currency_code="USD")
    rows[1]["currency_code"] = rows[4]["currency_code"] = "CAD"
    body = lines(rows)
    body[5] = body[5].replace("2024-01-31", "2024-02-31")
    path = put(tmp_path, raw(rows, body))
    got = desk.receive("medical_claim", path)
    assert got.quarantined == {"Q-CURR": 2, "Q-DATE": 1}
    with psycopg2.connect(_owner(settings)) as owner, owner.cursor() as cursor:
        cursor.execute(
            "update ops.payor set currency_code = 'CAD' where payor_id = %s", (desk.payor,)
        )
    done = steward.replay(desk.conn, desk.payor, got.receipt_id, path, DECISION)
    assert done == Replayed(2, 1)
    ledger = desk.rows(
        "select lines, accepted, quarantined, control_total from ops.receipt where receipt_id = %s",
        got.receipt_id,
    )[0]
    assert ledger == (8, 5, 1, 500)
    assert kept(desk, "medical_claim") == 5
    states = desk.rows(
        "select record_no, state from ops.quarantine where receipt_id = %s order by 1",
        got.receipt_id,
    )
    assert states == [(3, "replayed"), (6, "replayed"), (7, "quarantined")]
    again = steward.replay(desk.conn, desk.payor, got.receipt_id, path, DECISION)
    assert again == Replayed(0, 1)


def _owner(settings: Any) -> str:
    from warehouse.connection import admin_url

    return str(admin_url(settings).render_as_string(hide_password=False))


def test_a_refused_file_is_read_again(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = canonical(FIRST).replace(b"paid_amount", b"amount_paid", 1)
    path = put(tmp_path, content)
    got = desk.receive("pharmacy_claim", path)
    assert got.code == "E-SCHEMA"
    still = steward.replay(desk.conn, desk.payor, got.receipt_id, path, DECISION)
    assert isinstance(still, Outcome)
    assert (still.state, still.code) == ("refused", "E-SCHEMA")
    layout = receipts.load_layout("canonical_csv")
    wider = replace(layout, aliases={"pharmacy_claim": {"amount_paid": "paid_amount"}})
    for module in ("ingestion.replay", "ingestion.load"):
        monkeypatch.setattr(f"{module}.load_layout", lambda _: wider)
    now = steward.replay(desk.conn, desk.payor, got.receipt_id, path, DECISION)
    assert isinstance(now, Outcome)
    assert (now.state, now.receipt_id, now.accepted) == ("loaded", got.receipt_id, 12)


@pytest.mark.parametrize(
    ("verb", "problem"),
    [("release", "not held"), ("take_out", "not loaded"), ("replay", "neither")],
)
def test_what_a_decision_does_not_fit(verb: str, problem: str, desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path, canonical(FIRST))
    receipt = receipts.register(desk.conn, desk.payor, "pharmacy_claim", "canonical_csv", path, DAY)
    calls: dict[str, Callable[[int], Any]] = {
        "release": lambda key: steward.release(desk.conn, desk.payor, key, "add", DECISION),
        "take_out": lambda key: steward.take_out(desk.conn, desk.payor, key, None, DECISION),
        "replay": lambda key: steward.replay(desk.conn, desk.payor, key, path, DECISION),
    }
    with pytest.raises(StewardError, match=problem):
        calls[verb](receipt.receipt_id)
    with pytest.raises(StewardError, match="no receipt of this payor"):
        calls[verb](0)
    assert audit(desk) == []


def test_a_first_version_replaces_nothing(desk: Desk, tmp_path: Path) -> None:
    held = desk.receive("pharmacy_claim", put(tmp_path, canonical(numbered(PHARMACY, 3, odd="1"))))
    with pytest.raises(StewardError, match="--as add"):
        steward.release(desk.conn, desk.payor, held.receipt_id, "replace", DECISION)


def test_another_payor_s_receipt_is_out_of_reach(
    desk: Desk,
    versions: tuple[Outcome, Outcome],
    add_payor: Callable[..., Payor],
) -> None:
    other = add_payor().payor_id
    with pytest.raises(StewardError, match="no receipt of this payor"):
        steward.release(desk.conn, other, versions[1].receipt_id, "add", DECISION)
    with pytest.raises(StewardError, match="no receipt of this payor"):
        steward.details(desk.conn, other, versions[1].receipt_id)
    assert steward.items(desk.conn, other) == []


def test_the_list_and_the_details_say_places_and_rules(
    desk: Desk, versions: tuple[Outcome, Outcome], tmp_path: Path
) -> None:
    bad = lines(FIRST)
    bad[2] = bad[2].replace("12.50", "CANARY")
    other = desk.receive("pharmacy_claim", put(tmp_path, raw(FIRST, bad)))
    second = versions[1].receipt_id
    found = steward.items(desk.conn, desk.payor)
    facts = [(row["receipt_id"], row["state"], row["code"], row["field"], row["rows"])
             for row in found]  # fmt: skip
    assert facts == [
        (second, "held", "H-RESEND", None, None),
        (other.receipt_id, "quarantined", "Q-NUM", "paid_amount", 1),
    ]
    shown = steward.details(desk.conn, desk.payor, other.receipt_id)
    assert shown["records"] == [
        {"line": 4, "code": "Q-NUM", "field": "paid_amount", "state": "quarantined"}
    ]
    assert shown["rules"]["Q-NUM"]["fix"]
    assert (
        steward.details(desk.conn, desk.payor, second)["earlier_receipt"] == versions[0].receipt_id
    )
    assert "CANARY" not in f"{found} {shown}"


def test_the_trail_cannot_be_changed_and_shows_it_when_it_was(
    desk: Desk, tmp_path: Path, settings: Any
) -> None:
    got = desk.receive("medical_claim", put(tmp_path, canonical(numbered(MEDICAL, 6))))
    for record in (2, 3, 4, 5):
        steward.take_out(desk.conn, desk.payor, got.receipt_id, record, DECISION)
    broken = "select count(*) from ops.steward_chain_broken where payor_id = %s"
    assert desk.one(broken, desk.payor) == 0
    with psycopg2.connect(_owner(settings)) as owner, owner.cursor() as cursor:
        tampers = (
            "update ops.steward_action set reason = 'x' where payor_id = %s and record_no = 3",
            "delete from ops.steward_action where payor_id = %s and record_no = 3",
            "update ops.steward_action set actor = 'bob' where payor_id = %s and record_no = 5",
        )
        for statement in tampers:
            cursor.execute("savepoint tamper")
            with pytest.raises(psycopg2.errors.IntegrityConstraintViolation):
                cursor.execute(statement, (desk.payor,))
            cursor.execute("rollback to tamper")
            cursor.execute("alter table ops.steward_action disable trigger steward_action_final")
            cursor.execute(statement, (desk.payor,))
            cursor.execute(broken, (desk.payor,))
            assert cursor.fetchone()[0] >= 1
            cursor.execute("rollback to tamper")
