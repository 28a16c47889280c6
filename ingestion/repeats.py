"""Lines of a file that came before in the same file: known by their hash, then by their content.

Sixteen to eighty bytes are kept for each line, so that memory follows the number of lines and not
their length. A hash may be shared by two different lines, once in very many files: where lines
looked alike, the file is read once more and those that differ are given back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from ingestion.contract import Feed
from ingestion.stream import Block, TextFile

# Sixty-four bits, and the cheapest that there is: it is computed for every line.
look: Callable[[str], int] = hash


class Repeats:
    """Give every block to `of`, once and in order; at the end go through `mistaken`.

    Only lines of claims are looked at: their amounts would count twice. Rows of other feeds that
    say the same again say nothing new.
    """

    def __init__(self, file: TextFile, feed: Feed) -> None:
        self._file = file
        self._is_of_claims = feed.claim_column is not None
        self._seen: set[int] = set()
        self._alike: dict[int, list[int]] = {}

    def of(self, block: Block, start: int = 0) -> frozenset[int]:
        """Numbers of the lines that look like an earlier one; lines before `start` do not count."""
        if not self._is_of_claims:
            return frozenset()
        hashes = list(map(look, block.lines[start:] if start else block.lines))
        fresh = set(hashes)
        if len(fresh) == len(hashes) and self._seen.isdisjoint(fresh):
            self._seen |= fresh
            return frozenset()
        return self._found(block, start, hashes)

    def _found(self, block: Block, start: int, hashes: list[int]) -> frozenset[int]:
        numbers = []
        for at, seen in enumerate(hashes, start):
            if not block.lines[at]:
                continue
            if seen in self._seen:
                numbers.append(block.first + at)
                self._alike.setdefault(seen, []).append(block.first + at)
            self._seen.add(seen)
        return frozenset(numbers)

    def mistaken(self) -> Iterator[tuple[int, str]]:
        """(number, line) of the lines that only looked like an earlier one. Raises Refused."""
        if not self._alike:
            return
        known: dict[int, set[bytes]] = {hashed: set() for hashed in self._alike}
        doubted = {number for numbers in self._alike.values() for number in numbers}
        for block in self._file.again().blocks():
            for number, line in enumerate(block.lines, block.first):
                contents = known.get(look(line))
                if contents is None:
                    continue
                content = hashlib.blake2b(line.encode(), digest_size=20).digest()
                if number in doubted and content not in contents:
                    yield number, line
                contents.add(content)
