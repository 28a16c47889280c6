"""Signed deliveries: only the registered key's own signature over these very bytes lets a file in.

The keys and signatures in `signed/` were made for these tests; nothing else uses them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.contract import load_feed, load_layout
from ingestion.errors import Refused
from ingestion.messages import RULES
from ingestion.preflight import preflight
from ingestion.signatures import is_valid, verify
from ingestion.terms import Deliveries
from pipeline.settings import Settings
from tests.ingestion.conftest import Desk
from warehouse import payor as payors
from warehouse.payor_file import Payor

SIGNED = Path(__file__).parent / "signed"
KEYS = {
    "one": "F5EFF42D0A005BE046FD979E280956A356A92528",
    "two": "D6D93CE4EB852DC75471A164B1D6B181707E0E1D",
}
VALID = f"[GNUPG:] VALIDSIG {KEYS['one']} 2026-11-22 1 0 4 0 22 8 00 {KEYS['one']}"
GOOD = "[GNUPG:] GOODSIG 280956A356A92528 Sender"


def agreed(key: str) -> Deliveries:
    return Deliveries(signed_by=KEYS[key], public_key=(SIGNED / f"{key}.pub").read_text())


def delivered(folder: Path, signature: str | None, more: bytes = b"") -> Path:
    path = folder / "pharmacy_claim_20260701_01.csv"
    path.write_bytes((SIGNED / "signed.csv").read_bytes() + more)
    if signature:
        shutil.copy(SIGNED / f"by_{signature}.asc", path.with_name(f"{path.name}.asc"))
    return path


@pytest.mark.case(13)
@pytest.mark.parametrize(("key", "signature", "more", "found"), [
    ("one", None, b"", "missing"),
    ("one", "two", b"", "unknown-code"),
    ("two", "one", b"", "unknown-code"),
    ("one", "one", b"\n", "unknown-code"),
])  # fmt: skip
def test_another_signature_is_none(
    key: str, signature: str | None, more: bytes, found: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refused:
        verify(delivered(tmp_path, signature, more), agreed(key))
    # a machine without gpg proves nothing, so it takes nothing in either
    assert refused.value.code == "E-SIGN"
    assert refused.value.found == (found if shutil.which("gpg") else "missing")


@pytest.mark.case(13)
def test_the_registered_key_signs(tmp_path: Path) -> None:
    path = delivered(tmp_path, "one")
    if shutil.which("gpg"):
        verify(path, agreed("one"))
    else:
        with pytest.raises(Refused, match="E-SIGN"):
            verify(path, agreed("one"))
    verify(delivered(tmp_path, None), Deliveries())


@pytest.mark.case(13)
@pytest.mark.parametrize(("lines", "expected"), [
    ([GOOD, VALID], True),
    ([GOOD], False),
    ([], False),
    ([VALID, VALID], False),
    ([VALID, "[GNUPG:] EXPKEYSIG 280956A356A92528 Sender"], False),
    ([VALID, "[GNUPG:] REVKEYSIG 280956A356A92528 Sender"], False),
    (["gpg: Good signature", VALID.removeprefix("[GNUPG:] ")], False),
    ([VALID.replace(KEYS["one"], KEYS["two"])], False),
])  # fmt: skip
def test_gpg_has_to_say_it_in_its_own_words(lines: list[str], expected: bool) -> None:
    assert is_valid(lines, KEYS["one"]) is expected


@pytest.mark.case(13)
@pytest.mark.parametrize("start", [
    b"-----BEGIN PGP MESSAGE-----\n\nhQ", b"\x85\x01\x0c\x03\xff\x00",
    b"\xc1\xc0\x4c\x03\x80", b"\xd2\x0d\x02\x09\xfe",
])  # fmt: skip
def test_an_encrypted_file_is_told_apart(start: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(start * 9)
    found = preflight(path, load_feed("pharmacy_claim"), load_layout("canonical_csv"))
    assert found.refusal is not None
    assert found.refusal.code == "E-CRYPT"


@pytest.mark.case(13)
@pytest.mark.warehouse
def test_an_unsigned_file_is_refused_where_signatures_are_agreed(
    settings: Settings,
    open_desk: Callable[[str], Desk],
    add_payor: Callable[..., Payor],
    tmp_path: Path,
) -> None:
    plain = add_payor()
    text = (settings.payors_dir / f"{plain.payor_id}.yml").read_text()
    shutil.copy(SIGNED / "one.pub", tmp_path / "one.pub")
    signed = tmp_path / "signed.yml"
    signed.write_text(f"{text}deliveries:\n  signed_by: {KEYS['one']}\n  public_key: one.pub\n")
    payors.add(settings, signed)
    desk = open_desk(plain.payor_id)
    outcome = desk.receive("pharmacy_claim", delivered(tmp_path, None))
    assert (outcome.state, outcome.code, desk.stored()) == ("refused", "E-SIGN", {})
    assert "Did: refused the whole file, nothing was stored." in outcome.messages[0]
    assert outcome.messages[0].endswith(f"Sender should: {RULES['E-SIGN'].fix}.")
    if shutil.which("gpg"):
        assert desk.receive("pharmacy_claim", delivered(tmp_path, "one")).state == "loaded"
