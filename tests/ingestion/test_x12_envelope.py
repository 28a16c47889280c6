"""Envelopes: separators, control numbers, counts, several interchanges, kinds that are not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion import stream
from ingestion.errors import Refused
from tests.ingestion.x12_files import HEAD_837, claim, interchange, paid_claim, payment, take, text

ONE = [*HEAD_837, *claim()]
GOOD = interchange(ONE)
REMIT = "005010X221A1"


def refusal(folder: Path, content: bytes, layout: str = "x12") -> str:
    with pytest.raises(Refused) as refused:
        take(folder, content, layout)
    return refused.value.code


def changed(segments: list[str], old: str, new: str) -> bytes:
    """One segment of the file replaced, the first that starts like this."""
    at = next(at for at, segment in enumerate(segments) if segment.startswith(old))
    return text([*segments[:at], new, *segments[at + 1 :]])


@pytest.mark.parametrize("end", ["~", "~\n", "~\r\n", "\n", "\r\n", "~\n\n  ", "\x1c", "'"])
def test_terminators(end: str, tmp_path: Path) -> None:
    content = text(GOOD, end)
    assert take(tmp_path, content).accepted == 1


@pytest.mark.parametrize(("element", "component"), ["|>", "\x1d\x1f", "*<", "^:"])
def test_separators_are_read_from_the_isa(element: str, component: str, tmp_path: Path) -> None:
    usual = text(interchange(ONE)).replace(b"*^*", b"*U*")
    content = usual.replace(b":", component.encode()).replace(b"*", element.encode())
    rows = take(tmp_path, content).rows["medical_claim"]
    assert rows == take(tmp_path, text(GOOD)).rows["medical_claim"]


def test_blocks_of_any_size_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = text(GOOD) + text(interchange(ONE, control="000000002"))
    whole = take(tmp_path, content)
    for size in (1, 7, 97, 106, 107):
        monkeypatch.setattr(stream, "BLOCK", size)
        assert take(tmp_path, content) == whole


@pytest.mark.parametrize(
    "isa",
    [
        "ISA*00*",
        "ISA*00*          *00*          *ZZ*SENDER*ZZ*RECEIVER*260101*1200*^*00501*1*0*P*:",
        GOOD[0].replace("*:", "**"),
        GOOD[0].replace("SENDER ", "SEN*ER "),
        GOOD[0].replace("*^*", "*:*"),
        GOOD[0].replace("*P*", "*X*"),
    ],
)
def test_a_header_that_cannot_be_read(isa: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, text([isa, *GOOD[1:]])) == "X-ISA"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SE*", f"SE*{len(ONE) + 1}*0001"),
        ("SE*", "SE**0001"),
        ("SE*", f"SE*{len(ONE) + 2}*0002"),
        ("GE*", "GE*2*7"),
        ("GE*", "GE*1*8"),
        ("IEA*", "IEA*2*000000001"),
        ("IEA*", "IEA*1*000000002"),
        ("HL*2", "HL*2*1*22*0~HL*3*1*22*0"),
    ],
)
def test_control_numbers_and_counts(old: str, new: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, changed(GOOD, old, new)) == "X-CTRL"


@pytest.mark.parametrize("lost", ["ST*", "SE*", "GE*", "GS*"])
def test_a_lost_envelope_segment(lost: str, tmp_path: Path) -> None:
    content = text([segment for segment in GOOD if not segment.startswith(lost)])
    assert refusal(tmp_path, content) in ("X-CTRL", "X-TYPE")


def test_only_the_set_that_is_wrong_is_held(tmp_path: Path) -> None:
    segments = interchange(ONE, [*HEAD_837, *claim("C2"), *claim("C3")], [*HEAD_837, *claim("C4")])
    content = changed(segments, f"SE*{len(ONE) + len(claim()) + 2}*", "SE*9*0002")
    taken = take(tmp_path, content)
    assert {row["patient_control_number"] for row in taken.rows["medical_claim"]} == {"C1", "C4"}
    assert taken.codes == ["X-CTRL", "X-CTRL"]


def test_only_the_interchange_that_is_wrong_is_held(tmp_path: Path) -> None:
    bad = interchange([*HEAD_837, *claim("C2")], control="000000002")
    content = text(GOOD) + changed(bad, "IEA", "IEA*1*000000003")
    taken = take(tmp_path, content)
    assert [row["patient_control_number"] for row in taken.rows["medical_claim"]] == ["C1", "C1"]
    assert (taken.codes, taken.warnings) == (["X-CTRL"], ["I-MULTI"])


def test_interchanges_of_other_separators_follow_each_other(tmp_path: Path) -> None:
    other = text(interchange([*HEAD_837, *claim("C2")], control="000000002"), end="~")
    content = text(GOOD) + b"\n\n" + other.replace(b"*", b"|").replace(b":", b">")
    taken = take(tmp_path, content)
    assert [row["patient_control_number"] for row in taken.rows["medical_claim"]] == [
        "C1",
        "C1",
        "C2",
        "C2",
    ]


def test_a_control_number_that_comes_twice(tmp_path: Path) -> None:
    content = text(GOOD) + text(interchange([*HEAD_837, *claim("C2")]))
    taken = take(tmp_path, content)
    assert (taken.accepted, taken.codes) == (1, ["X-DUPCTL"])


def test_tests_stay_out_of_production(tmp_path: Path) -> None:
    content = text(interchange(ONE, usage="T"))
    assert refusal(tmp_path, content) == "X-TEST"
    assert take(tmp_path, content, "x12_test").accepted == 1


@pytest.mark.parametrize(
    ("guide", "code"),
    [
        ("005010X291", "X-PRED"), ("005010X292", "X-PRED"), ("005010X279A1", "X-TYPE"),
        ("005010X999", "X-VER"), ("003070X098", "X-VER"), ("006020X222", "X-VER"), ("", "X-VER"),
    ],
)  # fmt: skip
def test_kinds_that_are_not_read(guide: str, code: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, text(interchange(ONE, guide=guide))) == code


@pytest.mark.parametrize("guide", ["005010X222", "005010X222A2", "004010X098A1", "005010"])
def test_guides_that_are_read(guide: str, tmp_path: Path) -> None:
    assert take(tmp_path, text(interchange(ONE, guide=guide))).accepted == 1


def test_sets_of_all_kinds_in_one_file(tmp_path: Path) -> None:
    paid = [*payment("70"), *paid_claim()]
    content = b"".join(
        [
            text(interchange(ONE, control="000000001")),
            text(interchange(paid, guide=REMIT, control="000000002")),
            text(
                interchange(
                    ["BHT*0022*13*1*20260101*1319"], guide="005010X279A1", control="000000003"
                )
            ),
        ]
    )
    taken = take(tmp_path, content)
    assert {feed: len(rows) for feed, rows in taken.rows.items()} == {
        "medical_claim": 2, "remittance_claim": 1, "remittance_line": 1, "remittance_adjustment": 3,
    }  # fmt: skip
    assert taken.skipped == {"I-SET": 1}


def test_an_acknowledgement_alone_holds_nothing(tmp_path: Path) -> None:
    content = text([GOOD[0], "TA1*000000001*260101*1200*A*000", "IEA*0*000000001"])
    assert refusal(tmp_path, content) == "X-TYPE"


@pytest.mark.parametrize("bad", ["*IC*DAVID", "Nd4*CITY", "NM31*IL", "X*1", "N-1*A"])
def test_segments_without_a_valid_id(bad: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, text(interchange([*ONE, bad]))) == "X-SEG"


@pytest.mark.parametrize("whole", [text(GOOD), text(GOOD, "~"), text(GOOD, "\n")])
def test_every_cut_is_refused(whole: bytes, tmp_path: Path) -> None:
    for cut in range(len(whole.rstrip())):
        assert refusal(tmp_path, whole[:cut])
    assert take(tmp_path, whole).accepted == 1


def test_a_cut_in_the_second_interchange_lets_nothing_in(tmp_path: Path) -> None:
    whole = text(GOOD) + text(interchange(ONE, control="000000002"))
    for cut in range(len(text(GOOD)) + 1, len(whole) - 1):
        assert refusal(tmp_path, whole[:cut]) in ("E-TRUNC", "X-ISA")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (text(GOOD) + b"and more", "E-TRUNC"),
        (text(GOOD).replace(b"DOE", b"D\0E"), "E-NUL"),
        (text(GOOD).replace(b"DOE", b"D\x07E"), "E-CTRL"),
        (text(GOOD).replace(b"DOE", b"D\xe9E"), "E-ENC"),
        (text(GOOD).replace(b"DOE", b"D" * (1 << 17)), "Q-LEN"),
        (text(GOOD).replace(b"~", b"").replace(b"*:\n", b"*:~"), "E-TRUNC"),
    ],
)
def test_bytes_that_no_interchange_may_hold(content: bytes, code: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, content) == code


def test_a_byte_order_mark_is_read_past(tmp_path: Path) -> None:
    taken = take(tmp_path, b"\xef\xbb\xbf" + text(GOOD))
    assert (taken.accepted, taken.warnings) == (1, ["W-BOM"])
