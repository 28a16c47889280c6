"""Validates files without a database: what `receive` would take in, and what it would not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.contract import CONTAINERS, load_feed
from ingestion.errors import FileUnreadableError, Refused
from ingestion.limits import enforce
from ingestion.messages import RULES
from ingestion.reader import FileReader
from ingestion.recognise import Known, recognise
from ingestion.rules.unstored import Judged, See, unseen
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
            word = "held" if rule.action == "held" else "refused"
            return f"{head}: {word} [{self.refused}] {rule.broken}. Sender should: {rule.fix}."
        held = "".join(
            f", {count} quarantined [{code}]" for code, count in self.quarantined.items()
        )
        return f"{head}: {self.accepted} of {self.rows} rows taken in{held}"


def check_paths(
    paths: Iterable[str | Path], layout: str | None = None, received: date | None = None
) -> list[FileReport]:
    """One report per file, in the order given. Raises ContractError for an unknown layout.

    received: the day on which they are taken to come in; None = today.
    """
    return [check_file(Path(path), layout, received) for path in paths]


def check_file(path: Path, layout: str | None = None, received: date | None = None) -> FileReport:
    """Report on one file. See `check_paths`."""
    day = received or datetime.now(UTC).date()
    try:
        known = recognise(path, layout)
    except FileUnreadableError:
        return FileReport(str(path), layout, None, refused="E-READ")
    if known is None:
        return FileReport(str(path), layout, None, refused=_unrecognised(path))
    try:
        return replace(_figures(path, known, day), reason=known.reason)
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


def _figures(path: Path, known: Known, received: date) -> FileReport:
    """Raises Refused."""
    if known.refused:
        raise Refused(known.refused)
    passes = _Passes(path, known, received)
    judged = passes.judged
    reader, tally = passes.once(judged.see)
    if isinstance(tally, LineTally):
        reader.verify_total(tally.control_total)
    held = judged.held(reader.ledger.rows, passes.once)
    if held:
        # what may not stay must not be counted: once more, without it
        reader, tally = passes.once(leave_out=held.keys())
        reader.ledger.accepted -= len(held)
        reader.ledger.rejected.extend(held.values())
    enforce(reader.ledger, known.layout)
    return _report(path, reader, tally)


class _Passes:
    """Goes through the accepted rows of one file, as often as is needed."""

    def __init__(self, path: Path, known: Known, received: date) -> None:
        self.path, self.known = path, known
        others = sorted(set(known.layout.feeds) - {known.feed.name}) if known.layout.reader else []
        feeds = [known.feed, *map(load_feed, others)]
        self.judged = Judged(feeds, known.layout, received)

    def once(
        self, see: See = unseen, leave_out: Collection[int] = ()
    ) -> tuple[FileReader | SourceReader, Tally | Together]:
        """Reads the file to its end: what read it, and the figures. Raises Refused."""
        known = self.known
        file = TextFile(self.path, known.layout.containers, known.layout.line_limit)
        if known.layout.reader:
            return self._records(SourceReader(file, known.layout, known.feed), see, leave_out)
        reader = FileReader(file, known.feed, known.layout)
        needed = self.judged.columns(known.feed.name)
        tally = LineTally(known.feed, known.layout, reader.header.names, needed)
        for accepted in reader.accepted():
            for record, row in tally.rows_of(accepted):
                if record not in leave_out:
                    tally.add_row(row)
                see(known.feed.name, record, row)
        return reader, tally

    def _records(
        self, reader: SourceReader, see: See, leave_out: Collection[int]
    ) -> tuple[SourceReader, Together]:
        tallies = {name: Tally(load_feed(name), reader.layout) for name in reader.layout.feeds}
        for batch in reader.batches():
            for feed, rows in batch.items():
                for record, _, row in rows:
                    if record not in leave_out:
                        tallies[feed].add_row(row)
                    see(feed, record, row)
        # figures of the main feed decide whether a file has amounts at all
        main = reader.feed.name
        others = [tally for name, tally in tallies.items() if name != main and tally.rows]
        return reader, Together([tallies[main], *others])


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
