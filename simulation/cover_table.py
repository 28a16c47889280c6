"""Coverage of a block's members as pieces: a row per stretch of cover under one plan and id.

Columns: member (row of `persons`), renamed (1 under the member's second id), start, end (NEVER:
open), death (day told with the end, NEVER), plan (0 or 1: a new plan from the new year of the
third year on), night (of the open row), end_night (of the row with the end; NO_NIGHT if none).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.base_world import BaseWorld
from simulation.claim_versions import NO_NIGHT, with_files
from simulation.parameters import Calendar
from simulation.timeline import NEVER, day_number, month_of, month_start

Ints = npt.NDArray[np.int64]
NEW_PLAN_MONTH = 30
_PLAN_CHANGES = 0.1
ALLOWED_GAP = 45


def life_events(world: BaseWorld, persons: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Per member: gap_start, gap_days, changes_plan, id_day, retro_day (NEVER or 0 for none)."""
    count = len(persons)
    start = persons["start_day"].to_numpy()
    horizon = month_start(world.months)
    last = np.where(persons["end_day"] == NEVER, horizon, persons["end_day"])
    length = last - start
    at = start + 60 + np.floor(rng.random(count) * np.maximum(length - 200, 1)).astype(np.int64)
    has_gap = (rng.random(count) < world.gap) & (length > 300)
    short = rng.random(count) < 0.5
    days = np.where(short, rng.integers(5, ALLOWED_GAP + 1, count), rng.integers(46, 100, count))
    renamed = (rng.random(count) < world.id_change) & (length > 300) & ~has_gap
    day = start + 90 + np.floor(rng.random(count) * np.maximum(length - 200, 1)).astype(np.int64)
    retro = (rng.random(count) < world.retro_termination) & (persons["end_day"] == NEVER)
    retro &= length > 400
    return pd.DataFrame(
        {
            "gap_start": np.where(has_gap, at, NEVER),
            "gap_days": np.where(has_gap, days, 0),
            "changes_plan": rng.random(count) < _PLAN_CHANGES,
            "id_day": np.where(renamed, day, NEVER),
            "retro_day": np.where(retro, horizon - rng.integers(50, 120, count), NEVER),
            "retro_night": rng.integers(1, 1_000_000, count),
        }
    )


def pieces(persons: pd.DataFrame, events: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """All pieces in order of member and start."""
    columns = [
        persons["start_day"], persons["end_day"], persons["death_day"], events["gap_start"],
        events["gap_days"], events["changes_plan"], events["id_day"],
    ]  # fmt: skip
    rows = [
        (member, *piece)
        for member, one in enumerate(zip(*(c.tolist() for c in columns), strict=True))
        for piece in _cut(*one)
    ]
    table = pd.DataFrame(
        rows, columns=["member", "start", "end", "death", "plan", "renamed"], dtype=np.int64
    )
    _schedule(table, events, calendar)
    return table


def _cut(
    start: int, end: int, death: int, gap: int, days: int, changes: bool, renamed: int
) -> list[tuple[int, int, int, int, int]]:
    """(start, end, death, plan, renamed) of one member's pieces."""
    last = 10**7 if end == NEVER else end
    spans = [(start, last)]
    if gap != NEVER and start < gap and gap + days < last:
        spans = [(start, gap - 1), (gap + days, last)]
    cuts = [_NEW_PLAN] if changes else []
    if renamed != NEVER:
        cuts.append(renamed)
    for cut in sorted(cuts):
        spans = [
            part
            for a, b in spans
            for part in ([(a, cut - 1), (cut, b)] if a < cut <= b else [(a, b)])
        ]
    return [
        (
            a,
            NEVER if b == 10**7 else b,
            death if b == end and death == end else NEVER,
            int(changes and a >= _NEW_PLAN),
            int(renamed != NEVER and a >= renamed),
        )
        for a, b in spans
    ]


_NEW_PLAN = int(month_start(NEW_PLAN_MONTH))


def _schedule(table: pd.DataFrame, events: pd.DataFrame, calendar: Calendar) -> None:
    """Nights of both rows; a few open members are terminated in retrospect on a later night."""
    first = day_number(calendar.first)
    nights = with_files(calendar)
    last_index = len(calendar.nights)

    def night_of(day: Ints) -> Ints:
        return nights[np.clip(day - first, 0, last_index)]

    table["night"] = night_of(table["start"].to_numpy())
    end = table["end"].to_numpy()
    table["end_night"] = np.where(end == NEVER, NO_NIGHT, night_of(end + 1))
    retro = events["retro_day"].to_numpy()[table["member"].to_numpy()]
    wanted = (end == NEVER) & (retro != NEVER) & (retro > table["start"]) & (last_index > 1)
    turn = events["retro_night"].to_numpy()[table["member"].to_numpy()]
    chosen = nights[1 + turn % max(last_index - 1, 1)] if last_index > 1 else turn * 0
    table["end"] = np.where(wanted, retro, end)
    table["end_night"] = np.where(wanted, chosen, table["end_night"])


def member_months(table: pd.DataFrame, night: int, as_of: int) -> int:
    """Months with a covered day, begun by `as_of`, as the rows taken in by that night say."""
    known = table[(table["night"] != NO_NIGHT) & (table["night"] <= night)]
    ended = (known["end_night"] != NO_NIGHT) & (known["end_night"] <= night)
    last = np.where(ended, known["end"], as_of)
    first_month, cap = month_of(known["start"].to_numpy()), int(month_of(as_of))
    last_month = np.minimum(month_of(np.asarray(last)), cap)
    keep = first_month <= last_month
    if not keep.any():
        return 0
    identity = (known["member"] * 2 + known["renamed"]).to_numpy()[keep]
    steps = np.zeros((int(identity.max()) + 1, cap + 2), dtype=np.int32)
    np.add.at(steps, (identity, first_month[keep]), 1)
    np.add.at(steps, (identity, last_month[keep] + 1), -1)
    return int((np.cumsum(steps, axis=1) > 0).sum())


def in_gap(events: pd.DataFrame, member: Ints, day: Ints) -> npt.NDArray[np.bool_]:
    """Whether the day falls into the member's gap."""
    start = events["gap_start"].to_numpy()[member]
    days = events["gap_days"].to_numpy()[member]
    return np.asarray((start != NEVER) & (day >= start) & (day < start + days))
