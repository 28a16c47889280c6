"""Validates files without a database: what `receive` would take in, and what it would not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.contract import Feed, Layout
from ingestion.errors import FileUnreadableError, Refused
from ingestion.messages import RULES
from ingestion.reader import FileReader
from ingestion.recognise import recognise
from ingestion.stream import TextFile
from ingestion.tally import Tally


@dataclass(frozen=True)
class FileReport:
    """One checked file. `asdict` order is the public order of keys.

    refused: code or None (then the figures are of the accepted rows); quarantined: code -> rows;
    amounts are decimal strings, None for feeds without them; dates are ISO dates.
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

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> str:
        head = f"{self.path}: {self.layout or 'unknown layout'} {self.feed or 'unknown feed'}"
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
        return _figures(path, *known)
    except Refused as refusal:
        return FileReport(str(path), known[0].name, known[1].name, refused=refusal.code)


def _unrecognised(path: Path) -> str:
    """Code for a file without a known header: what is wrong with its bytes, if anything."""
    try:
        for _ in TextFile(path).blocks():
            pass
    except Refused as refusal:
        return refusal.code
    return "E-SCHEMA"


def _figures(path: Path, layout: Layout, feed: Feed) -> FileReport:
    reader = FileReader(TextFile(path, layout.containers), feed, layout)
    tally = Tally(feed, layout, reader.header.names)
    for accepted in reader.accepted():
        tally.add(accepted)
    reader.verify_total(tally.control_total)
    ledger = reader.ledger
    return FileReport(
        path=str(path),
        layout=layout.name,
        feed=feed.name,
        rows=ledger.rows,
        accepted=ledger.accepted,
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
