"""What the further feeds of one block are written from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from simulation.cases import Case
from simulation.frames import each
from simulation.history import History
from simulation.layouts import money
from simulation.people import Person
from simulation.profiles import Profile

Row = tuple[date, dict[str, str]]


@dataclass(slots=True)
class Scene:
    """The block's history, its members, and the cases as drafted, with their vendors.

    `vendors` is by consultation id; `second_id` is the day of a member's second id, or NEVER.
    """

    history: History
    profile: Profile
    people: list[Person]
    second_id: npt.NDArray[np.int64]
    sides: npt.NDArray[np.int64]
    drafts: dict[int, Case]
    vendors: dict[str, str]
    rng: np.random.Generator

    def triggers(self) -> Iterator[Any]:
        """Triggers while the member is covered, as named tuples with `Index`."""
        return (row for row in each(self.history.triggers))

    def cases(self) -> Iterator[tuple[Any, Case]]:
        """Trigger and draft of every delivered or cancelled case."""
        frame = self.history.triggers.loc[list(self.drafts)]
        return ((row, self.drafts[row.Index]) for row in each(frame))

    def member(self, row: Any, day: int) -> str:
        """Member id on that day."""
        second = self.second_id[row.row]
        known = self.people[row.row].member_id
        return known + "X" if 0 <= second <= day else known

    def money(self, amount: float) -> str:
        """An amount of minor units as text."""
        return money(round(amount), self.profile.minor_units)

    def dollars(self, amount: float) -> str:
        """An amount of the price list as text in the payor's currency."""
        return self.money(amount * self.profile.unit)
