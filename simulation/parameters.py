"""What the world is made of: its size, its calendar and its rates.

Rates are shares of one; everything a later, larger world will want to vary is here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

FIRST_SERVICE = date(2021, 7, 1)
CONTRACT_START = date(2022, 7, 1)
FIRST_NIGHT = date(2026, 7, 1)
BLOCK_MEMBERS = 5_000


class WorldTooSmall(ValueError):
    """A size that cannot make a world; `name` and `value` are the facts."""

    def __init__(self, name: str, value: int) -> None:
        super().__init__(f"{name} must be at least 1, got {value}")
        self.name = name
        self.value = value


@dataclass(frozen=True, slots=True)
class Rates:
    """How often things happen to the members of stories, where the story leaves it open."""

    without_proposal: float = 0.12
    second_proposal: float = 0.12
    never_delivered: float = 0.09
    performed_before: float = 0.06
    contralateral: float = 0.08
    missing_side: float = 0.08
    late_conversion: float = 0.10
    added_care: float = 0.10
    positions: tuple[tuple[str, float], ...] = (
        ("agreed", 0.48),
        ("against", 0.25),
        ("alternative", 0.15),
        ("defer", 0.10),
        ("none", 0.02),
    )
    performed: dict[str, float] = field(
        default_factory=lambda: {
            "agreed": 0.85,
            "against": 0.35,
            "alternative": 0.35,
            "defer": 0.60,
            "none": 0.50,
        }
    )
    case_death: float = 0.05
    case_leaves: float = 0.08
    case_gap: float = 0.06
    case_absent: float = 0.025
    visits_a_year: float = 3.2
    denied: float = 0.06
    denied_later_paid: float = 0.20
    replaced: float = 0.03
    replaced_twice: float = 0.15
    voided: float = 0.02
    orphan: float = 0.003
    slow_claim: float = 0.012


@dataclass(frozen=True, slots=True)
class Calendar:
    """The nights on which files come.

    `quiet` holds the indices of nights without any file for this payor.
    """

    nights: tuple[date, ...]
    quiet: frozenset[int] = frozenset()

    @property
    def first(self) -> date:
        """The night that brings the history."""
        return self.nights[0]

    @property
    def last(self) -> date:
        """The last night of the world."""
        return self.nights[-1]

    def index_on(self, available: date) -> int | None:
        """Night that carries what the sender has on that day; None if after the last one."""
        return self.at_or_after(max(0, (available - self.first).days))

    def at_or_after(self, index: int) -> int | None:
        """First night with files from that index on."""
        while index in self.quiet:
            index += 1
        return index if index < len(self.nights) else None

    def clipped(self, index: int) -> int:
        """The index, or the last night where the world is shorter."""
        return min(index, len(self.nights) - 1)


def calendar_for(nights: int, quiet: frozenset[int]) -> Calendar:
    """Consecutive nights from the first one."""
    days = tuple(FIRST_NIGHT + timedelta(days=n) for n in range(nights))
    return Calendar(days, quiet)


@dataclass(frozen=True, slots=True)
class WorldSize:
    """The numbers a caller chooses."""

    payors: int
    members: int
    nights: int
    seed: int

    def __post_init__(self) -> None:
        for name in ("payors", "members", "nights"):
            value = getattr(self, name)
            if value < 1:
                raise WorldTooSmall(name, value)
