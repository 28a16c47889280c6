"""One look at a whole file before anything of it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingestion.contract import Feed, Layout
from ingestion.errors import Held, Refused
from ingestion.file_rules import HOLDS
from ingestion.fingerprints import file_sha256
from ingestion.header import bind
from ingestion.recognise import match
from ingestion.stream import TextFile, is_xml


@dataclass(frozen=True)
class Preflight:
    """Hashes in hex, size, and what is wrong with the bytes or the header, if anything.

    plaintext_sha256 is None for a refused file: its text may have no end.
    """

    file_sha256: str
    plaintext_sha256: str | None
    file_bytes: int
    refusal: Refused | None


def preflight(path: Path, feed: Feed, layout: Layout) -> Preflight:
    """Reads a file once, to its end: nothing of a file is loaded before all of it was readable."""
    file = TextFile(path, layout.containers, layout.line_limit)
    layout = layout.in_form(file.is_table)
    held = None
    try:
        if layout.reader:
            held = _read_through(path, file, feed, layout)
        else:
            for at, block in enumerate(file.blocks()):
                if at == 0:
                    block.require_whole_header()
                    held = _header_hold(block.lines[0], feed, layout)
    except Refused as refusal:
        return _refused(path, _named(refusal, TextFile(path, layout.containers).start()))
    return Preflight(file.file_sha256, file.plaintext_sha256, file.file_bytes, held)


def _header_hold(line: str, feed: Feed, layout: Layout) -> Held | None:
    """What a steward must see in a header, if anything. Raises Refused."""
    try:
        bind(line, feed, layout)
    except Held as held:
        return held
    return None


def _read_through(path: Path, file: TextFile, feed: Feed, layout: Layout) -> Held | None:
    """A file of a layout with a reader: its bytes, its kind, its feed. Raises Refused."""
    for _ in file.chunks():
        pass
    seen = match(TextFile(path, layout.containers).start(), layout)
    if seen is None:
        raise Refused("E-SCHEMA", found="unknown-column")
    if seen.refused in HOLDS:
        return Held(seen.refused)
    if seen.refused:
        raise Refused(seen.refused)
    if seen.feed != feed.name:
        raise Refused("E-FEED")
    return None


def _named(refusal: Refused, start: bytes) -> Refused:
    """The refusal, or what the file is if that explains it better."""
    if is_xml(start):
        return Refused("E-XML")
    return Refused("E-CRYPT") if is_encrypted(start) else refusal


def is_encrypted(start: bytes) -> bool:
    """Whether a file that is no text begins as an OpenPGP message, armoured or not.

    Packets 1, 3 and 18 (RFC 9580): a session key, for a public key or a passphrase, or the data.
    """
    if start.startswith(b"-----BEGIN PGP MESSAGE"):
        return True
    first = start[0] if start else 0
    tag = first & 0x3F if first & 0x40 else (first & 0x3C) >> 2
    is_text = "\ufffd" not in start[:64].decode("utf-8", "replace")[:-1]
    return bool(first & 0x80) and tag in (1, 3, 18) and not is_text


def _refused(path: Path, refusal: Refused) -> Preflight:
    """A refused file is known by its bytes as they came."""
    return Preflight(file_sha256(path), None, path.stat().st_size, refusal)
