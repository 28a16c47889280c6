"""What became of a file, in counts and in messages of the fixed template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ingestion.messages import FOUND_IN_ROW, message
from ingestion.reader import FileReader
from ingestion.receipts import Receipt
from ingestion.source import SourceReader


@dataclass(frozen=True)
class Outcome:
    """What became of a file. messages: fixed template, no values.

    quarantined: code -> rows; skipped: code -> rows that are known and hold nothing to store.
    """

    receipt_id: int
    payor: str
    feed: str
    alias: str
    state: str
    code: str | None = None
    lines: int = 0
    rows: int = 0
    accepted: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    messages: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_text(self) -> str:
        head = f"{self.payor}/{self.feed} {self.alias}: {self.state}"
        held = self.rows - self.accepted - sum(self.skipped.values())
        counts = f" ({self.accepted} rows taken in, {held} quarantined)"
        return "\n".join([head + (counts if self.state == "loaded" else ""), *self.messages])


def without_rows(receipt: Receipt) -> Outcome:
    """Outcome of a receipt that stored nothing."""
    refusal = receipt.refusal
    if refusal is None:
        code = "I-DUP" if receipt.state == "duplicate" else None
        texts = [message(code, receipt.origin)] if code else []
        return plain(receipt, receipt.state, code, texts)
    place = (refusal.line, refusal.field, refusal.found)
    text = message(refusal.code, receipt.origin, *place, action=receipt.state)
    return plain(receipt, receipt.state, refusal.code, [text])


def plain(
    receipt: Receipt, state: str, code: str | None = None, texts: Iterable[str] = ()
) -> Outcome:
    """Outcome without counts."""
    return Outcome(
        receipt_id=receipt.receipt_id,
        payor=receipt.payor,
        feed=receipt.feed,
        alias=receipt.alias,
        state=state,
        code=code,
        messages=tuple(texts),
    )


def loaded(
    receipt: Receipt, reader: FileReader | SourceReader, notes: Mapping[str, str] | None = None
) -> Outcome:
    """Outcome of a loaded file, with one message per warning and per code of rows left out.

    notes: warnings about the file as a delivery: code -> what was found.
    """
    ledger = reader.ledger
    texts = [message(code, receipt.origin) for code in reader.warnings]
    texts += [message(code, receipt.origin, found=found) for code, found in (notes or {}).items()]
    for code, count in sorted(ledger.skipped.items()):
        texts.append(message(code, receipt.origin, found=f"count({count})"))
    for code, count in sorted(ledger.noted.items()):
        found = f"{FOUND_IN_ROW.get(code, 'out-of-range')}({count} rows)"
        texts.append(message(code, receipt.origin, found=found, action="accepted"))
    codes = Counter(row.code for row in ledger.rejected)
    for code in sorted(codes):
        first = min((r for r in ledger.rejected if r.code == code), key=lambda r: r.record_no)
        found = f"{FOUND_IN_ROW.get(code, 'out-of-range')}({codes[code]} rows)"
        texts.append(message(code, receipt.origin, first.record_no, first.field, found))
    return replace(
        plain(receipt, "loaded", texts=texts),
        lines=ledger.lines,
        rows=ledger.rows,
        accepted=ledger.accepted,
        quarantined=dict(sorted(codes.items())),
        skipped=dict(sorted(ledger.skipped.items())),
    )
