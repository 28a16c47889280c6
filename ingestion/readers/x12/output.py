"""What the mappers of the transaction sets have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingestion.readers.x12.guides import Kind
from ingestion.readers.x12.segments import Batch, Delimiters
from ingestion.readers.x12.values import Bad
from ingestion.records import CanonicalRow, Item, Record, Rejected

Handler = Callable[[int, list[str]], None]
# A claim of the guides has at most 999 lines; the number in a row's key is a smallint.
ROWS_LIMIT = 5000


class Mapper:
    """Turns the segments of one transaction set into records.

    Subclasses fill `handlers` (segment id -> method), call `_begin` where a record starts and
    implement `_rows`. A `Bad` value anywhere in a record quarantines the record.
    """

    def __init__(self, kind: Kind, delimiters: Delimiters) -> None:
        self.kind, self.delimiters = kind, delimiters
        self.items: list[Item] = []
        self.handlers: dict[str, Handler] = {}
        self._record = 0
        self._bad: Bad | None = None
        self._held = 0

    def take(self, batch: Batch, start: int) -> int:
        """Takes the segments of a batch from index `start` on, up to the set's SE.

        Returns the index of the SE, or the length of the batch when the set goes on.
        """
        element, segments, first = self.delimiters.element, batch.segments, batch.first
        end, padded = f"SE{element}", (f" {element}", f"{element} ")
        # by the first three characters, so that segments nobody wants are never split
        wanted = {(head + element)[:3]: handler for head, handler in self.handlers.items()}
        for at in range(start, len(segments)):
            segment = segments[at]
            handler = wanted.get(segment[:3])
            if handler:
                elements = segment.split(element)
                if padded[0] in segment or padded[1] in segment:
                    elements = [one.strip() for one in elements]
                try:
                    handler(first + at, elements)
                except Bad as bad:
                    self._blame(bad)
            elif segment.startswith(end):
                return at
        return len(segments)

    def finish(self) -> None:
        """Takes the end of the set."""
        self._end()

    def _blame(self, bad: Bad) -> None:
        """The first thing wrong with a record is what is said of it."""
        if self._record and self._bad is None:
            self._bad = bad

    def _begin(self, number: int) -> None:
        self._end()
        self._record, self._bad, self._held = number, None, 0

    def _end(self) -> None:
        """Gives the open record out, if there is one."""
        number, self._record = self._record, 0
        if not number:
            return
        try:
            if self._bad:
                raise self._bad
            rows = list(self._rows())
            if rows:
                self.items.append(Record(number, rows))
            else:
                raise Bad("X-SEG")
        except Bad as bad:
            self.items.append(Rejected(number, bad.code, bad.field))

    def _hold(self) -> bool:
        """Counts a line or code of the open record; False once they are too many to be held."""
        self._held += 1
        if self._held > ROWS_LIMIT:
            self._blame(Bad("Q-LEN"))
        return self._held <= ROWS_LIMIT

    def _rows(self) -> Sequence[CanonicalRow]:
        raise NotImplementedError

    def parts(self, text: str) -> list[str]:
        """Components of a composite element."""
        return text.split(self.delimiters.component)


def part(parts: list[str], index: int) -> str:
    return parts[index] if index < len(parts) else ""


def filled(columns: dict[str, str]) -> dict[str, str]:
    """Without the empty ones."""
    return {name: value for name, value in columns.items() if value}


def dependent_id(subscriber: str, born: str, first_name: str) -> str:
    """A person id for a dependent who has none: the subscriber's, the birth date and the name.

    837 and 834 make the same id of the same person.
    """
    return "-".join(filter(None, (subscriber, born, first_name.upper().replace(" ", ""))))
