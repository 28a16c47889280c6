"""First versions of a block's claims as one table of integers, a row per claim line.

The columns are those of `simulation.office`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.claim_operations import operations, staged
from simulation.diagnoses import CM, GM
from simulation.lags import lag_days
from simulation.office import COLUMNS, Ints, Office, blank, paid_of, reaches_payor
from simulation.potential import family_numbers
from simulation.timeline import NEVER, month_of, month_start

_CHARGE = 1.7
_KINDS = {"visit": "V20", "injection": "J70", "substitute": "S60", "emergency": "E90"}
_ORDINARY = {
    CM: ("J069", "Z0000", "L209", "I10", "E119", "K219"),
    GM: ("J069", "Z000", "L209", "I1090", "E1190", "K219"),
}
_ORDINARY_ELSEWHERE = ("J069", "Z000", "L209", "I10", "E119", "K219")


def first_versions(office: Office, sides: Ints) -> pd.DataFrame:
    """Every claim line the members cause while covered, in a fixed order of kinds.

    `sides` is the number in SIDES of each trigger's operation.
    """
    history = office.history
    care = history.care[history.in_course("realised").to_numpy()]
    care = care[reaches_payor(history, care)]
    kind = care["kind"].to_numpy()
    parts = [
        operations(office, care[kind == "operation"], sides, own=True),
        operations(office, care[kind == "induced"], sides, own=False),
        operations(office, staged(office, care[kind == "operation"], sides), 3 - sides, own=True),
        _visits(office, care[np.isin(kind, list(_KINDS))], sides),
        _background(office),
    ]
    table = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    _decide(office, table)
    return table


def _professional(office: Office, member: Ints, day: Ints, amount: Ints) -> dict[str, Ints]:
    ones = np.ones(len(member), dtype=np.int64)
    return blank(len(member)) | dict(
        claim=office.issue(len(member)),
        line=ones,
        member=member,
        start=day,
        end=day,
        day=day,
        units=ones,
        allowed=np.maximum(amount, 1),
        place=ones * office.words.number("11"),
    )


def _visits(office: Office, care: pd.DataFrame, sides: Ints) -> pd.DataFrame:
    """Conservative care: one line a claim, related diagnosis, now and then only the symptom."""
    triggers = office.history.triggers.iloc[care["trigger"].to_numpy()]
    values = _professional(
        office, triggers["row"].to_numpy(), care["day"].to_numpy(), care["amount"].to_numpy()
    )
    first = care["day"].to_numpy() == triggers["trigger_day"].to_numpy()
    vague = (office.rng.random(len(care)) < 0.1) & ~first
    codes = {kind: office.words.number(office.stem + code) for kind, code in _KINDS.items()}
    values["service"] = np.asarray(care["kind"].map(codes), dtype=np.int64)
    values["diagnosis"] = office.related(
        family_numbers(triggers["family"]), sides[care["trigger"].to_numpy()], vague
    )
    return pd.DataFrame(values)


def _background(office: Office) -> pd.DataFrame:
    """Unrelated care: one claim for a month with cost; a few after the end of coverage."""
    history = office.history
    member, month = np.nonzero(history.background)
    amount = history.background[member, month]
    start = month_start(month)
    length = month_start(month + 1) - start
    day = start + np.floor(office.rng.random(len(member)) * length).astype(np.int64)
    end = history.persons["end_day"].to_numpy()[member]
    outside = office.rng.random(len(member)) < history.world.claims_outside
    moved = outside & (end != NEVER) & (end + 60 < month_start(history.world.months))
    day = np.where(moved, end + 20, day)
    values = _professional(office, member, day, amount)
    conditions = history.persons["conditions"].to_numpy()[member]
    values["diagnosis"] = _ordinary(office)[_among(office, conditions)]
    values["service"] = np.full(len(member), office.words.number(office.stem + "V10"))
    return pd.DataFrame(values)


def _among(office: Office, conditions: Ints) -> Ints:
    """One of three harmless codes, or of as many chronic ones as the member has."""
    return np.floor(office.rng.random(len(conditions)) * (3 + np.minimum(conditions, 3))).astype(
        np.int64
    )


def _ordinary(office: Office) -> Ints:
    """Harmless and chronic diagnoses in the payor's system."""
    codes = _ORDINARY.get(office.profile.diagnosis_system, _ORDINARY_ELSEWHERE)
    return office.words.numbers(list(codes))


def _decide(office: Office, table: pd.DataFrame) -> None:
    """Amounts of plan and provider, and the day of the payor's decision."""
    large = table["large"].to_numpy() == 1
    table["paid"] = paid_of(table["allowed"].to_numpy(), large)
    table["charge"] = np.floor(table["allowed"] * _CHARGE).astype(np.int64)
    refused = table["denial"].to_numpy() != 0
    for money in ("allowed", "paid"):
        table.loc[refused, money] = 0
    claims = np.zeros(office.issued, dtype=np.int64)
    claims[table["claim"]] = table["institutional"]
    ends = np.zeros(office.issued, dtype=np.int64)
    ends[table["claim"]] = table["end"]
    lag = lag_days(office.history.world, claims == 1, ends, office.rng)
    table["adjudicated"] = table["end"].to_numpy() + lag[table["claim"].to_numpy()]
    if office.profile.quarter_grain:
        _by_quarter(table)


def _by_quarter(table: pd.DataFrame) -> None:
    """Outpatient services carry the first day of their quarter."""
    outpatient = table["institutional"].to_numpy() == 0
    month = month_of(table["day"].to_numpy())
    start = month_start(month - month % 3)
    for name in ("start", "end", "day"):
        table[name] = np.where(outpatient, start, table[name])
