"""The payor's claims office for one block: numbers, codes, and the shape of its table.

Columns of the table of claim lines: claim (number in the block), line, member (row of `persons`),
institutional, start, end, day, admission, discharge, procedure_day (days, NEVER for none), units,
allowed, paid, charge (minor units), adjudicated, large (of an operation: neither voided nor
orphaned), and numbers of words: place, bill, revenue, service, modifier, diagnosis, procedure,
denial.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.conditions import related_code
from simulation.families import FAMILIES, STYLES
from simulation.history import History
from simulation.profiles import Profile
from simulation.timeline import NEVER, month_start
from simulation.words import Words

Ints = npt.NDArray[np.int64]
WORD_COLUMNS = (
    "place", "bill", "revenue", "service", "modifier", "diagnosis", "procedure", "denial",
)  # fmt: skip
COLUMNS = (
    "claim", "line", "member", "institutional", "start", "end", "day", "admission", "discharge",
    "procedure_day", "units", "allowed", "paid", "charge", "adjudicated", "large", *WORD_COLUMNS,
)  # fmt: skip
SIDES = ("", "left", "right")
_MEMBER_SHARE, _LARGE_SHARE = 0.12, 0.04


class Office:
    """Numbers claims of one block and knows the payor's codes."""

    def __init__(self, history: History, profile: Profile, rng: np.random.Generator) -> None:
        self.history, self.profile, self.rng = history, profile, rng
        self.words = Words()
        self.issued = 0
        self.stem = STYLES[profile.service_system].stem

    def issue(self, count: int) -> Ints:
        """Numbers of that many new claims."""
        first = self.issued
        self.issued += count
        return np.arange(first, self.issued)

    def related(self, family: Ints, side: Ints, vague: npt.NDArray[np.bool_]) -> Ints:
        """Diagnosis words for claims of a condition."""
        table = np.array(
            [
                [
                    [
                        self.words.number(related_code(f.family_id, s, self.profile, bool(v)))
                        for v in (0, 1)
                    ]
                    for s in SIDES
                ]
                for f in FAMILIES
            ]
        )
        return np.asarray(table[family, side, vague.astype(int)])


def blank(count: int) -> dict[str, Ints]:
    """Columns of that many lines with nothing in them."""
    zero = np.zeros(count, dtype=np.int64)
    out = {name: zero for name in COLUMNS}
    for name in ("admission", "discharge", "procedure_day"):
        out[name] = np.full(count, NEVER)
    return out


def paid_of(allowed: Ints, large: npt.NDArray[np.bool_]) -> Ints:
    """What the plan pays: the member bears less of large bills."""
    share = np.where(large, _LARGE_SHARE, _MEMBER_SHARE)
    return np.asarray(allowed - np.floor(allowed * share).astype(np.int64))


def reaches_payor(history: History, care: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Covered on the day, within the world, and not cash, abroad, or capitated."""
    triggers = history.triggers
    at = care["trigger"].to_numpy()
    day = care["day"].to_numpy()
    end = triggers["end_day"].to_numpy()[at]
    covered = ((end == NEVER) | (day <= end)) & (day < month_start(history.world.months))
    operation = (care["kind"] == "operation").to_numpy()
    return np.asarray(covered & (~operation | triggers["visible"].to_numpy()[at]))
