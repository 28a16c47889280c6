"""Validates files without a database: what `receive` would take in, and what it would not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.contract import CONTAINERS, load_feed
from ingestion.errors import FileUnreadableError, Refused
from ingestion.messages import RULES
from ingestion.reader import FileReader
from ingestion.recognise import Known, recognise
from ingestion.source import SourceReader
from ingestion.stream import TextFile, is_xml
from ingestion.tally import LineTally, Tally, Together


@dataclass(frozen=True)
class FileReport:
    """One checked file. `asdict` order is the public order of keys; `reason` is for people only.

    refused: code or None (then the figures are of the accepted rows); quarantined: code -> rows;
    amounts are decimal strings, None for feeds without them; dates are ISO dates; reason: why the
    file was taken for this layout.
    """

    path: str
    layout: str | None
    feed: str | None
    refused: str | None = None
    rows: int = 0
    accepted: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    members: int = 0
    claims: int = 0
    charge_amount: str | None = None
    paid_amount: str | None = None
    first_service_date: str | None = None
    last_service_date: str | None = None
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        public = asdict(self)
        del public["reason"]
        return public

    def as_text(self) -> str:
        head = f"{self.path}: {self.layout or 'unknown layout'} {self.feed or 'unknown feed'}"
        head += f" ({self.reason})" if self.reason else ""
        if self.refused:
            rule = RULES[self.refused]
            return f"{head}: refused [{self.refused}] {rule.broken}. Sender should: {rule.fix}."
        held = "".join(
            f", {count} quarantined [{code}]" for code, count in self.quarantined.items()
        )
        return f"{head}: {self.accepted} of {self.rows} rows taken in{held}"


def check_paths(paths: Iterable[str | Path], layout: str | None = None) -> list[FileReport]:
    """One report per file, in the order given. Raises ContractError for an unknown layout."""
    return [check_file(Path(path), layout) for path in paths]


def check_file(path: Path, layout: str | None = None) -> FileReport:
    """Report on one file. See `check_paths`."""
    try:
        known = recognise(path, layout)
    except FileUnreadableError:
        return FileReport(str(path), layout, None, refused="E-READ")
    if known is None:
        return FileReport(str(path), layout, None, refused=_unrecognised(path))
    try:
        return replace(_figures(path, known), reason=known.reason)
    except Refused as refusal:
        names = known.layout.name, known.feed.name
        return FileReport(str(path), *names, refused=refusal.code, reason=known.reason)


def _unrecognised(path: Path) -> str:
    """Code for a file without a known header: what is wrong with its bytes, if anything."""
    if is_xml(TextFile(path, CONTAINERS).start()):
        return "E-XML"
    try:
        for _ in TextFile(path, CONTAINERS).blocks():
            pass
    except Refused as refusal:
        return refusal.code
    return "E-SCHEMA"


def _figures(path: Path, known: Known) -> FileReport:
    """Raises Refused."""
    if known.refused:
        raise Refused(known.refused)
    file = TextFile(path, known.layout.containers, known.layout.line_limit)
    if known.layout.reader:
        return _of_records(path, SourceReader(file, known.layout, known.feed))
    reader = FileReader(file, known.feed, known.layout)
    tally = LineTally(known.feed, known.layout, reader.header.names)
    for accepted in reader.accepted():
        tally.add(accepted)
    reader.verify_total(tally.control_total)
    return _report(path, reader, tally)


def _of_records(path: Path, reader: SourceReader) -> FileReport:
    tallies = {name: Tally(load_feed(name), reader.layout) for name in reader.layout.feeds}
    for batch in reader.batches():
        for feed, rows in batch.items():
            for _, _, row in rows:
                tallies[feed].add_row(row)
    # figures of the main feed decide whether a file has amounts at all
    others = [tally for name, tally in tallies.items() if name != reader.feed.name and tally.rows]
    return _report(path, reader, Together([tallies[reader.feed.name], *others]))


def _report(path: Path, reader: FileReader | SourceReader, tally: Tally | Together) -> FileReport:
    ledger = reader.ledger
    return FileReport(
        path=str(path),
        layout=reader.layout.name,
        feed=reader.feed.name,
        rows=ledger.rows,
        accepted=ledger.accepted + ledger.skipped.total(),
        quarantined=dict(sorted(Counter(row.code for row in ledger.rejected).items())),
        members=len(tally.members),
        claims=len(tally.claims),
        charge_amount=_text(tally.amount("charge_amount")),
        paid_amount=_text(tally.amount("paid_amount")),
        first_service_date=tally.first_date,
        last_service_date=tally.last_date,
    )


def _text(amount: Decimal | None) -> str | None:
    """At least two decimals, no trailing zeros after them."""
    if amount is None:
        return None
    whole, _, fraction = f"{amount:.4f}".partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<2}"
