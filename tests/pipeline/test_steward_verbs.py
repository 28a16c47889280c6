"""The steward's verbs as they are called: exit codes, JSON, and what the next night does."""

from __future__ import annotations

import datetime
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli, night
from pipeline.private import private_folder, write_private
from pipeline.settings import Settings
from tests.ingestion.files import PHARMACY, canonical, lines, numbered, put, raw
from warehouse import connection
from warehouse.payor_file import Payor

DAY = datetime.date(2026, 7, 1)
NAME = "pharmacy_claim_20260701_01.csv"


@pytest.fixture
def call(settings: Settings, payor: Payor, capsys: pytest.CaptureFixture[str]) -> Any:
    """`second-opinion … --payor P --json`: exit code and the parsed answer."""

    def run(*words: object) -> tuple[int, Any]:
        capsys.readouterr()
        code = cli.main([*map(str, words), "--payor", payor.payor_id, "--json"])
        out = capsys.readouterr().out
        return code, json.loads(out) if out.strip() else None

    return run


def receive(call: Any, path: Path) -> tuple[int, Any]:
    return call("receive", "--feed", "pharmacy_claim", "--layout", "canonical_csv",
                "--date", DAY, path)  # fmt: skip


@pytest.mark.warehouse
def test_a_held_file_is_released_and_the_next_night_loads_it(
    call: Any, settings: Settings, payor: Payor, tmp_path: Path
) -> None:
    first = put(tmp_path, canonical(numbered(PHARMACY, 12)), NAME)
    assert receive(call, first)[0] == 0
    (tmp_path / "again").mkdir()
    second = put(tmp_path / "again", canonical(numbered(PHARMACY, 14)), NAME)
    code, held = receive(call, second)
    assert (code, held["state"], held["code"]) == (1, "held", "H-RESEND")
    code, listed = call("quarantine", "list")
    assert code == 0
    assert [(row["state"], row["code"], row["rows"]) for row in listed] == [
        ("held", "H-RESEND", None)
    ]
    receipt = held["receipt_id"]
    code, shown = call("quarantine", "show", receipt)
    assert (code, shown["code"], shown["rules"]["H-RESEND"]["fix"][:3]) == (0, "H-RESEND", "say")
    words = ("quarantine", "release", receipt, "--as", "replace", "--reason", "confirmed by phone")
    assert call(*words)[0] == 0
    assert call(*words)[0] == 1
    second.unlink()  # the night finds the copy in landing
    night.receive(settings, payor.payor_id, DAY)
    assert night.load(settings, payor.payor_id, DAY).counts == {"loaded": 1}
    code, shown = call("quarantine", "show", receipt)
    assert (shown["state"], shown["accepted"], shown["admitted_as"]) == ("loaded", 14, "replace")
    assert [entry["reason"] for entry in shown["decisions"]] == ["confirmed by phone"]


@pytest.mark.warehouse
def test_rows_are_withdrawn_and_read_again(call: Any, tmp_path: Path) -> None:
    rows = numbered(PHARMACY, 4)
    body = lines(rows)
    body[1] = body[1].replace("2024-02-29", "2024-02-30")
    code, got = receive(call, put(tmp_path, raw(rows, body)))
    assert (code, got["quarantined"]) == (0, {"Q-DATE": 1})
    receipt = got["receipt_id"]
    code, again = call("quarantine", "replay", receipt)
    assert (code, again["taken_in"], again["quarantined"]) == (0, 0, 1)
    words = ("quarantine", "withdraw", receipt, "--reason", "wrong patient", "--by", "ada")
    assert call(*words, "--record", 4) == (
        0, {"receipt_id": receipt, "record": 4, "state": "withdrawn"}
    )  # fmt: skip
    assert call(*words, "--record", 99)[0] == 1
    listed = call("quarantine", "list")[1]
    assert {(row["state"], row["code"]) for row in listed} == {
        ("quarantined", "Q-DATE"), ("withdrawn", "S-WITHDRAWN"),
    }  # fmt: skip
    assert [entry["actor"] for entry in call("quarantine", "show", receipt)[1]["decisions"]][
        1:
    ] == ["ada"]


@pytest.mark.warehouse
def test_a_withdrawal_is_taken_back_once(
    call: Any, settings: Settings, payor: Payor, tmp_path: Path
) -> None:
    receipt = receive(call, put(tmp_path, canonical(numbered(PHARMACY, 4)), NAME))[1]["receipt_id"]
    out = ("quarantine", "withdraw", receipt, "--reason", "wrong patient")
    back = ("quarantine", "restore", receipt, "--reason", "right patient", "--by", "ada")
    assert call(*back)[0] == 1, "nothing was withdrawn"
    assert [call(*out)[0], call(*out, "--record", 3)[0]] == [0, 0]
    assert kept(settings, payor) == 0
    assert call(*back) == (0, {"receipt_id": receipt, "record": None, "state": "restored"})
    assert kept(settings, payor) == 3, "the line that was withdrawn by itself stays out"
    before = changes(settings, payor)
    assert call(*back)[0] == 0, "again changes nothing"
    assert changes(settings, payor) == before
    assert call(*back, "--record", 5)[0] == 1
    assert call(*back, "--record", 3)[0] == 0
    assert kept(settings, payor) == 4
    assert changes(settings, payor) > before
    assert call("quarantine", "list") == (0, [])
    decided = call("quarantine", "show", receipt)[1]["decisions"]
    assert [(entry["action"], entry["line"]) for entry in decided] == [
        ("withdraw", None), ("withdraw", 3), ("restore", None), ("restore", None), ("restore", 3),
    ]  # fmt: skip
    assert call(*out)[0] == 0 and kept(settings, payor) == 0, "and out again"


@pytest.mark.warehouse
def test_a_replaced_file_waits_for_its_replacement(
    call: Any, settings: Settings, payor: Payor, tmp_path: Path
) -> None:
    first = receive(call, put(tmp_path, canonical(numbered(PHARMACY, 12)), NAME))[1]["receipt_id"]
    (tmp_path / "again").mkdir()
    path = put(tmp_path / "again", canonical(numbered(PHARMACY, 14)), NAME)
    second = receive(call, path)[1]["receipt_id"]
    why = ("--reason", "asked")
    assert call("quarantine", "release", second, "--as", "replace", *why)[0] == 0
    assert receive(call, path)[1]["state"] == "loaded"
    assert kept(settings, payor) == 14
    assert call("quarantine", "restore", first, *why)[0] == 1
    assert call("quarantine", "withdraw", second, *why)[0] == 0
    assert call("quarantine", "restore", first, *why)[0] == 0
    assert kept(settings, payor) == 12
    assert call("quarantine", "restore", second, *why)[0] == 1


def kept(settings: Settings, payor: Payor) -> int:
    """Rows that figures may use."""
    with connection.connect(settings) as conn:
        statement = f"select count(*) from kept_{payor.payor_id}.pharmacy_claim"
        return int(conn.execute(statement.encode()).fetchone()[0])  # type: ignore[index]


def changes(settings: Settings, payor: Payor) -> int:
    with connection.connect(settings) as conn:
        statement = "select count(*) from ops.change where payor_id = %s and cause = 'steward'"
        return int(conn.execute(statement, (payor.payor_id,)).fetchone()[0])  # type: ignore[index]


@pytest.mark.parametrize("verb", ["list", "show", "release", "replay", "withdraw", "restore"])
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["quarantine", verb, "--help"])
    assert ended.value.code == 0
    assert "--payor" in capsys.readouterr().out


def test_a_date_beyond_tomorrow_is_refused() -> None:
    today = datetime.date(2026, 7, 1)
    night.require_present(today + datetime.timedelta(days=1), today)
    night.require_present(datetime.date(2062, 7, 1), today, allow_future=True)
    with pytest.raises(night.FutureDate, match="--allow-future"):
        night.require_present(today + datetime.timedelta(days=2), today)


@pytest.mark.warehouse
@pytest.mark.parametrize("words", [
    ("night", "--date", "2999-01-01"),
    ("receive", "--date", "2999-01-01", "--feed", "eligibility", "--layout", "canonical_csv", "x"),
])  # fmt: skip
def test_the_verbs_look_at_the_date(call: Any, words: tuple[str, ...]) -> None:
    assert call(*words) == (1, None)


def test_private_files_are_private(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    write_private(folder / "file", b"x")
    write_private(folder / "file", b"y")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder, folder / "file")]
    assert modes == [0o700, 0o700, 0o600]
    assert (folder / "file").read_bytes() == b"y"


@pytest.mark.warehouse
def test_a_payors_kept_files_are_private(settings: Settings, payor: Payor) -> None:
    path = settings.payors_dir / f"{payor.payor_id}.yml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
