"""Words of a block as numbers, so that tables hold integers only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class Words:
    """Interned strings; number 0 is the empty string."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {"": 0}

    def number(self, word: str) -> int:
        """The word's number, new if unknown."""
        return self._number.setdefault(word, len(self._number))

    def numbers(self, words: list[str]) -> npt.NDArray[np.int64]:
        """Numbers of several words."""
        return np.array([self.number(word) for word in words], dtype=np.int64)

    def table(self) -> npt.NDArray[np.object_]:
        """All words by number."""
        return np.array(list(self._number), dtype=object)
