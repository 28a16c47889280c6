"""The envelope cases of the bad-input catalogue by number: what becomes of each, and its code.

`check` and `receive` must agree on every one of them, and a refused file leaves nothing behind.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingestion import stream
from ingestion.check import check_file
from ingestion.landing import discover
from tests.ingestion.bad_files import BODY, CASES, GOOD, TEN
from tests.ingestion.conftest import Desk
from tests.ingestion.files import PHARMACY, canonical, numbered, packed, put, raw
from tests.ingestion.zips import encrypted, understated, zipped

LINK = stat.S_IFLNK | 0o777
FIFO = stat.S_IFIFO | 0o644
KNOWN = {case.name: case for case in CASES}


@dataclass(frozen=True)
class Numbered:
    """number: of the catalogue; refused: code, None = taken in; warning: in the messages."""

    number: int
    title: str
    content: bytes
    refused: str | None = None
    warning: str | None = None
    quarantined: str | None = None
    state: str = "refused"

    @property
    def id(self) -> str:
        return f"case-{self.number:02}-{self.title.replace(' ', '-')}"


def known(number: int, name: str, warning: str | None = None) -> Numbered:
    """A case whose content the catalogue of broken files holds already."""
    case = KNOWN[name]
    held = next(iter(case.quarantined), None)
    return Numbered(number, name, case.content, case.refused, warning, held, case.state)


def path_case(title: str, name: str, **kind: int) -> Numbered:
    return Numbered(14, title, zipped((name, GOOD), **kind), "E-PATH")


NUMBERED = [
    known(1, "zero bytes"),
    Numbered(2, "no rows", raw(TEN, [], "#TRAILER,0,0.00"), None, "W-NOROWS"),
    known(3, "truncated gzip"),
    Numbered(3, "truncated zip", zipped(("file.csv", GOOD))[:-30], "E-TRUNC"),
    Numbered(3, "zip with a wrong checksum", understated(GOOD), "E-TRUNC"),
    known(4, "gzip cut at a member boundary"),
    known(5, "garbage after gzip"),
    known(6, "trailer count lies"),
    known(7, "trailer total lies"),
    path_case("zip member above its folder", "../file.csv"),
    path_case("zip member above with backslash", "..\\file.csv"),
    path_case("zip member above in the middle", "a/../../file.csv"),
    path_case("zip member absolute", "/etc/file.csv"),
    path_case("zip member on a share", "\\\\host\\file.csv"),
    path_case("zip member with a drive", "C:\\file.csv"),
    path_case("zip member with a control character", "file\n.csv"),
    path_case("zip member is a link", "file.csv", mode=LINK),
    path_case("zip member is a pipe", "file.csv", mode=FIFO),
    Numbered(14, "zip member twice", zipped(("f.csv", GOOD), ("f.csv", GOOD)), "E-PATH"),
    Numbered(15, "zip with two files", zipped(("a.csv", GOOD), ("b.csv", GOOD)), "E-BOMB"),
    Numbered(15, "zip in a zip", zipped(("a.zip", zipped(("a.csv", GOOD)))), "E-BOMB"),
    Numbered(15, "gzip in a zip", zipped(("a.gz", packed(GOOD))), "E-BOMB"),
    Numbered(15, "zip in a gzip", packed(zipped(("a.csv", GOOD))), "E-BOMB"),
    Numbered(15, "gzip in a gzip", packed(packed(GOOD)), "E-BOMB"),
    Numbered(15, "zip of nothing", zipped(), "E-EMPTY"),
    Numbered(15, "zip that is encrypted", encrypted(GOOD), "E-CRYPT"),
    known(16, "byte order mark", "W-BOM"),
    known(17, "UTF-16 with a mark"),
    known(17, "Latin-1"),
    known(18, "NUL"),
    known(19, "lone carriage return"),
    known(19, "line separator character"),
    known(20, "stray quote"),
    known(20, "line end inside quotes"),
    known(21, "too long in ndc_code"),
    known(21, "line beyond the limit"),
    known(22, "one ragged row"),
    known(22, "many ragged rows"),
    Numbered(23, "column added", canonical(numbered(PHARMACY, 9, surprise="y")), "H-SCHEMA",
             state="held"),
    known(23, "amount renamed"),
    known(23, "required column missing"),
    known(24, "formula for a name"),
    known(24, "statement for a name"),
    Numbered(24, "template for a name", GOOD.replace(b"ndc_code", b"{{ 7*7 }}", 1), "E-NAME"),
    Numbered(26, "XML", b'<?xml version="1.0"?><a/>\n', "E-XML"),
    Numbered(26, "XML with a DTD", b'<!DOCTYPE a [<!ENTITY b "c">]>\n<a>&b;</a>\n', "E-XML"),
    Numbered(26, "XML in gzip", packed(b"\n <a/>\n"), "E-XML"),
]  # fmt: skip


def test_the_numbers_that_need_no_outside_service_are_here() -> None:
    """9, 10, 12 and 13 need names, sequences, tenants and keys (test_held, test_owner,
    test_signatures); 8, 11 and 25 are tests below."""
    assert {case.number for case in NUMBERED} == {*range(1, 8), *range(14, 25), 26}


@pytest.mark.case(1, 2, 3, 4, 5, 6, 7, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26)
@pytest.mark.warehouse
@pytest.mark.parametrize("case", NUMBERED, ids=lambda case: case.id)
def test_a_numbered_case(case: Numbered, catalogue_desk: Desk, tmp_path: Path) -> None:
    path, desk = put(tmp_path, case.content), catalogue_desk
    before = desk.stored()
    report = check_file(path, "canonical_csv")
    outcome = desk.receive("pharmacy_claim", path)
    assert report.refused == case.refused
    if case.refused:
        assert (outcome.state, outcome.code) == (case.state, case.refused)
        assert desk.stored() == before
        assert case.refused in outcome.messages[0]
        return
    assert outcome.state == "loaded"
    assert outcome.quarantined == report.quarantined
    assert list(outcome.quarantined) == ([case.quarantined] if case.quarantined else [])
    assert case.warning is None or any(f"[{case.warning}]" in text for text in outcome.messages)


@pytest.mark.case(8)
@pytest.mark.warehouse
def test_case_08_the_same_content_again_is_skipped(desk: Desk, tmp_path: Path) -> None:
    first = desk.receive("pharmacy_claim", put(tmp_path, GOOD, "a.csv"))
    stored = desk.stored()
    forms = (GOOD, packed(GOOD), zipped(("other.csv", GOOD)), zipped(("a/b.csv", GOOD)))
    for number, content in enumerate(forms):
        again = desk.receive("pharmacy_claim", put(tmp_path, content, f"{number}.csv"))
        assert (again.state, again.code) == ("duplicate", "I-DUP")
    assert (first.state, desk.stored()) == ("loaded", stored)


@pytest.mark.case(11)
def test_case_11_a_file_still_being_written_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "north" / "pharmacy_claim"
    folder.mkdir(parents=True)
    for name in ("done.csv", "growing.csv.part", "growing.tmp", ".hidden.csv"):
        (folder / name).write_bytes(GOOD)
    found = discover(tmp_path, "north", ["pharmacy_claim"])
    assert [path.name for _, path in found] == ["done.csv"]


@pytest.mark.parametrize("pack", [packed, lambda content: zipped(("file.csv", content))],
                         ids=["gzip", "zip"])  # fmt: skip
def test_case_15_what_inflates_too_far_is_stopped(
    pack: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(pack)
    monkeypatch.setattr(stream, "RATIO_FROM", 1 << 20)
    bomb = raw(TEN, [BODY[0] + "," * 100] * 40_000)
    path = put(tmp_path, pack(bomb))
    assert len(bomb) > 100 * path.stat().st_size
    assert check_file(path, "canonical_csv").refused == "E-BOMB"


def test_case_15_a_folder_and_a_packers_own_files_are_no_second_file(tmp_path: Path) -> None:
    content = zipped(("a/", b""), ("a/file.csv", GOOD), ("__MACOSX/a/._file.csv", b"x"))
    assert check_file(put(tmp_path, content), "canonical_csv").accepted == 10


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_case_03_no_cut_of_a_zip_is_taken_in(cut: int, tmp_path: Path) -> None:
    whole = zipped(("file.csv", GOOD))
    assert check_file(put(tmp_path, whole[: len(whole) - 1 - cut]), "canonical_csv").refused


@pytest.mark.case(25)
@pytest.mark.warehouse
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'; drop table x; --", "{{ 7 }}"])
def test_case_25_a_formula_is_stored_as_it_came(text: str, desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path, canonical(numbered(PHARMACY, 1, plan=text)))
    assert desk.receive("pharmacy_claim", path).accepted == 1
    assert desk.one("select plan from {raw}.pharmacy_claim") == text


@pytest.mark.warehouse
@pytest.mark.parametrize(
    "name", ["a'; drop table x; --.csv", "{{ 7*7 }}.csv", "$(id).csv", "=1.csv"]
)
def test_case_24_a_file_name_is_never_read(name: str, desk: Desk, tmp_path: Path) -> None:
    outcome = desk.receive("pharmacy_claim", put(tmp_path, GOOD, name))
    assert outcome.state == "loaded"
    kept = desk.rows("select receipt::text from ops.receipt where payor_id = %s", desk.payor)
    assert name not in str(kept) + str(outcome)
