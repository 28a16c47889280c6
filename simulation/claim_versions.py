"""Later versions of the claims of a block, in the payor's style, and the night of every row.

Adds to the table: family (number of the first claim), version (sender sequence), adjustment
(number in ADJUSTMENTS), copy (a duplicate billing), night (index, NO_NIGHT if never delivered).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.office import Office, paid_of
from simulation.parameters import Calendar
from simulation.timeline import day_number

Ints = npt.NDArray[np.int64]
ADJUSTMENTS = ("original", "replacement", "void", "reversal")
ORIGINAL, REPLACEMENT, VOID, REVERSAL = range(4)
NO_NIGHT = -1
_RENDERED = ("AUTH", "MEDNEC")
_UNRENDERED = ("ELIG", "TIMELY")
_MONEY = ("allowed", "paid", "charge")


def all_versions(office: Office, first: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """The first versions, and what follows on some of them."""
    table = first.copy()
    table["family"] = table["claim"]
    table["version"] = 1
    table["adjustment"] = ORIGINAL
    table["copy"] = 0
    table["pinned"] = NO_NIGHT
    fate = _fates(office, table)
    _deny(office, table, fate)
    later = [
        *_corrections(office, table, fate),
        *_withdrawals(office, table, fate),
        _copies(office, table, fate),
    ]
    out = pd.concat([table, *later], ignore_index=True)
    out["night"] = _nights(out, calendar)
    return out


def _fates(office: Office, table: pd.DataFrame) -> dict[str, Ints]:
    """Claim numbers by what becomes of them; a claim has one fate at most."""
    world = office.history.world
    count = office.issued
    large = np.zeros(count, dtype=bool)
    large[table["claim"].to_numpy()] = table["large"].to_numpy() == 1
    refused = np.zeros(count, dtype=bool)
    refused[table["claim"].to_numpy()] = table["denial"].to_numpy() != 0
    chance = office.rng.random(count)
    edges = np.cumsum(
        [world.denials, world.reversals, world.voids, world.orphans, world.duplicates]
    )
    place = np.searchsorted(edges, chance, side="right")
    place[refused] = 5
    place[large & np.isin(place, (2, 3))] = 5
    names = ("denied", "corrected", "voided", "orphaned", "copied")
    return {name: np.flatnonzero(place == n) for n, name in enumerate(names)}


def _deny(office: Office, table: pd.DataFrame, fate: dict[str, Ints]) -> None:
    """Refuse claims: nothing allowed, nothing paid; a third of the reasons prove the service."""
    rng, words = office.rng, office.words
    reasons = np.zeros(office.issued, dtype=np.int64)
    rendered = rng.random(len(fate["denied"])) < office.history.world.denials_rendered
    which = rng.integers(0, 2, len(fate["denied"]))
    reasons[fate["denied"]] = np.where(
        rendered, words.numbers(list(_RENDERED))[which], words.numbers(list(_UNRENDERED))[which]
    )
    drawn = reasons[table["claim"].to_numpy()]
    table["denial"] = np.where(drawn > 0, drawn, table["denial"])
    for money in ("allowed", "paid"):
        table[money] = np.where(drawn > 0, 0, table[money])


def _of(table: pd.DataFrame, claims: Ints, office: Office) -> pd.DataFrame:
    chosen = np.zeros(office.issued, dtype=bool)
    chosen[claims] = True
    return table[chosen[table["claim"].to_numpy()]].copy()


def _later(office: Office, rows: pd.DataFrame) -> Ints:
    """Decision days of the next version: one to nine weeks on."""
    wait = 8 + office.rng.integers(0, 60, office.issued)
    return np.asarray(rows["adjudicated"].to_numpy() + wait[rows["claim"].to_numpy()])


def _corrections(office: Office, table: pd.DataFrame, fate: dict[str, Ints]) -> list[pd.DataFrame]:
    """Another price: as a replacement, or as a reversal and a new original."""
    rows = _of(table, fate["corrected"], office)
    factor = office.rng.uniform(0.6, 1.2, office.issued)[rows["claim"].to_numpy()]
    rows["adjudicated"] = _later(office, rows)
    rows["denial"] = 0
    back = _reversed(rows)
    rows["allowed"] = np.maximum(np.floor(rows["allowed"] * factor), 1).astype(np.int64)
    rows["paid"] = paid_of(rows["allowed"].to_numpy(), rows["large"].to_numpy() == 1)
    if office.profile.adjustments == "replacement":
        rows["version"], rows["adjustment"] = 2, REPLACEMENT
        return [_own_ids(office, rows)]
    rows["version"], rows["adjustment"] = 3, ORIGINAL
    rows["charge"] = np.maximum(rows["charge"], rows["allowed"])
    return [back, rows]


def _reversed(rows: pd.DataFrame) -> pd.DataFrame:
    back = rows.copy()
    for name in (*_MONEY, "units"):
        back[name] = -back[name]
    back["version"], back["adjustment"], back["denial"] = 2, REVERSAL, 0
    return back


def _own_ids(office: Office, rows: pd.DataFrame) -> pd.DataFrame:
    """A replacement is a claim of its own that names the family."""
    claims, place = np.unique(rows["claim"].to_numpy(), return_inverse=True)
    rows["claim"] = office.issue(len(claims))[place]
    return rows


def _withdrawals(office: Office, table: pd.DataFrame, fate: dict[str, Ints]) -> list[pd.DataFrame]:
    """Voids; those of orphans come while their original comes a night later, or never."""
    rows = _of(table, np.concatenate([fate["voided"], fate["orphaned"]]), office)
    _hold_back(office, table, fate["orphaned"])
    rows["adjudicated"] = _later(office, rows)
    if office.profile.adjustments == "reversal_pair":
        return [_reversed(rows)]
    for name in (*_MONEY, "units"):
        rows[name] = 0
    rows["version"], rows["adjustment"], rows["denial"] = 2, VOID, 0
    return [_own_ids(office, rows)]


def _hold_back(office: Office, table: pd.DataFrame, claims: Ints) -> None:
    comes = office.rng.random(office.issued) < 0.5
    orphan = np.zeros(office.issued, dtype=bool)
    orphan[claims] = True
    number = table["claim"].to_numpy()
    held = orphan[number]
    table.loc[held, "pinned"] = np.where(comes[number[held]], 1, 10**6)


def _copies(office: Office, table: pd.DataFrame, fate: dict[str, Ints]) -> pd.DataFrame:
    """The provider bills again; the payor refuses the second claim as a duplicate."""
    rows = _own_ids(office, _of(table, fate["copied"], office))
    rows["family"] = rows["claim"]
    rows["adjudicated"] = rows["adjudicated"] + 3
    rows["denial"] = office.words.number("DUP")
    rows["allowed"] = rows["paid"] = 0
    rows["copy"] = 1
    return rows


def _nights(table: pd.DataFrame, calendar: Calendar) -> Ints:
    """First night with files after the sender has the row."""
    first = day_number(calendar.first)
    wanted = np.maximum(0, table["adjudicated"].to_numpy() + 1 - first)
    pinned = table["pinned"].to_numpy()
    wanted = np.where(pinned == NO_NIGHT, wanted, pinned)
    return with_files(calendar)[np.minimum(wanted, len(calendar.nights))]


def with_files(calendar: Calendar) -> Ints:
    """For each night index, and one beyond the last, the first night with files from it on."""
    found = [calendar.at_or_after(n) for n in range(len(calendar.nights) + 1)]
    return np.array([NO_NIGHT if night is None else night for night in found])


def keep_delivered(table: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Rows that some night delivers."""
    return np.asarray(table["night"].to_numpy() != NO_NIGHT)
