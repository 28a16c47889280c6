"""First versions of a block's claims as one table of integers, a row per claim line.

Columns: claim (number in the block), line, member (row of `persons`), institutional, start, end,
day, admission, discharge, procedure_day (days, NEVER for none), units, allowed, paid, charge
(minor units), adjudicated, large (of an operation: neither voided nor orphaned), and numbers of
words: place, bill, revenue, service, modifier, diagnosis, procedure, denial.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.conditions import related_code
from simulation.diagnoses import CM
from simulation.families import (
    FAMILIES,
    PCS,
    STYLES,
    facility_code,
    professional_code,
    unmapped_code,
)
from simulation.history import History
from simulation.lags import lag_days
from simulation.potential import family_numbers
from simulation.profiles import Profile
from simulation.timeline import NEVER, month_of, month_start
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
_FACILITY_ONLY, _SURGEON_ONLY, _UNDATED = 0.08, 0.10, 0.10
_FACILITY_LINES = (("0360", 0.5), ("0278", 0.3), ("0120", 0.2))
_MEMBER_SHARE, _LARGE_SHARE, _CHARGE = 0.12, 0.04, 1.7
_KINDS = {"visit": "V20", "injection": "J70", "substitute": "S60", "emergency": "E90"}
_ORDINARY_CM = ("J069", "Z0000", "L209", "I10", "E119", "K219")
_ORDINARY = ("J069", "Z000", "L209", "I10", "E119", "K219")
_ORDINARY_GM = ("J069", "Z000", "L209", "I1090", "E1190", "K219")
_INDUCED = {"lumbar_decompression": "cholecystectomy"}


def induced_family(family: str) -> str:
    """Family of the operation that an opinion may add."""
    return _INDUCED.get(family, "lumbar_decompression")


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


def first_versions(office: Office, sides: Ints) -> pd.DataFrame:
    """Every claim line the members cause while covered, in a fixed order of kinds.

    `sides` is the number in SIDES of each trigger's operation.
    """
    history = office.history
    care = history.care[history.in_course("realised").to_numpy()]
    care = care[_reaches_payor(history, care)]
    kind = care["kind"].to_numpy()
    parts = [
        _operations(office, care[kind == "operation"], sides, own=True),
        _operations(office, care[kind == "induced"], sides, own=False),
        _operations(office, _staged(office, care[kind == "operation"], sides), 3 - sides, own=True),
        _visits(office, care[np.isin(kind, list(_KINDS))], sides),
        _background(office),
    ]
    table = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    _decide(office, table)
    return table


def _reaches_payor(history: History, care: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Covered on the day, within the world, and not cash, abroad, or capitated."""
    triggers = history.triggers
    at = care["trigger"].to_numpy()
    day = care["day"].to_numpy()
    end = triggers["end_day"].to_numpy()[at]
    covered = ((end == NEVER) | (day <= end)) & (day < month_start(history.world.months))
    operation = (care["kind"] == "operation").to_numpy()
    return np.asarray(covered & (~operation | triggers["visible"].to_numpy()[at]))


def _staged(office: Office, operations: pd.DataFrame, sides: Ints) -> pd.DataFrame:
    """The other side's operation, two to sixteen months after some operations of a sided family."""
    history = office.history
    at = operations["trigger"].to_numpy()
    chance = office.rng.random(len(at))
    later = operations["day"].to_numpy() + office.rng.integers(60, 500, len(at))
    chosen = (sides[at] > 0) & (chance < history.world.contralateral)
    moved = operations.assign(day=later)[chosen]
    return moved[_reaches_payor(history, moved)]


def _blank(count: int) -> dict[str, Ints]:
    zero = np.zeros(count, dtype=np.int64)
    out = {name: zero for name in COLUMNS}
    for name in ("admission", "discharge", "procedure_day"):
        out[name] = np.full(count, NEVER)
    return out


def _table(values: dict[str, Ints]) -> pd.DataFrame:
    return pd.DataFrame(values)


def paid_of(allowed: Ints, large: npt.NDArray[np.bool_]) -> Ints:
    """What the plan pays: the member bears less of large bills."""
    share = np.where(large, _LARGE_SHARE, _MEMBER_SHARE)
    return np.asarray(allowed - np.floor(allowed * share).astype(np.int64))


def _operations(office: Office, care: pd.DataFrame, sides: Ints, own: bool) -> pd.DataFrame:
    """Hospital and surgeon of operations; `own` ones are of the trigger's family and side."""
    triggers = office.history.triggers.iloc[care["trigger"].to_numpy()]
    family = _families_of(triggers, own)
    side = sides[care["trigger"].to_numpy()] if own else np.zeros(len(care), dtype=np.int64)
    sided = np.array([f.sided for f in FAMILIES])[family]
    seen = _seen_side(office, side, sided)
    form = office.rng.random(len(care))
    facility = (form >= _FACILITY_ONLY) & ~(
        (office.profile.facility_system == PCS) & sided & (seen == 0)
    )
    surgeon = (form < 1 - _SURGEON_ONLY) | ~facility
    unmapped = own & (office.rng.random(len(care)) < office.history.world.code_unmapped)
    share = np.array([f.facility_cost / f.episode_cost for f in FAMILIES])[family]
    amount = care["amount"].to_numpy()
    hospital = np.where(surgeon, np.floor(amount * share), amount).astype(np.int64)
    hospital = np.where(facility, hospital, 0)
    common = dict(
        member=triggers["row"].to_numpy(),
        day=care["day"].to_numpy(),
        denied=(triggers["op_denial"].to_numpy() == "AUTH") & own,
        family=family,
        side=seen,
        unmapped=unmapped,
    )
    base = pd.DataFrame(common)
    undated = office.rng.random(len(base)) < _UNDATED
    stay = office.rng.integers(-1, 2, len(base))
    base["stay"] = np.maximum(1, np.array([f.stay_days for f in FAMILIES])[family] + stay)
    base["procedure_day"] = np.where(undated, NEVER, base["day"])
    return pd.concat(
        [
            _hospital(office, base[facility], hospital[facility]),
            _surgeon(office, base[surgeon], (amount - hospital)[surgeon]),
        ],
        ignore_index=True,
    )


def _families_of(triggers: pd.DataFrame, own: bool) -> Ints:
    names = triggers["family"]
    return family_numbers(names if own else names.map(induced_family))


def _seen_side(office: Office, side: Ints, sided: npt.NDArray[np.bool_]) -> Ints:
    """The side as the claim says it: now and then missing or wrong."""
    chance = office.rng.random(len(side))
    wrong = office.history.world.side_wrong
    seen = np.where(chance < wrong / 2, 0, np.where(chance < wrong, 3 - side, side))
    return np.where(sided & (side > 0), seen, 0)


def _code_words(office: Office, system: str, unmapped: bool) -> Ints:
    """Words (family, side) of hospital codes or surgeon's codes of a system."""

    def one(family_id: str, side: str) -> str:
        if unmapped:
            return unmapped_code(system, family_id)
        if system == office.profile.facility_system:
            return facility_code(system, family_id, side)
        return professional_code(system, family_id, side)[0]

    return np.array([[office.words.number(one(f.family_id, s)) for s in SIDES] for f in FAMILIES])


def _coded(office: Office, base: pd.DataFrame, system: str) -> Ints:
    family, side = base["family"].to_numpy(), base["side"].to_numpy()
    known = _code_words(office, system, False)[family, side]
    return np.where(base["unmapped"], _code_words(office, system, True)[family, side], known)


def _hospital(office: Office, base: pd.DataFrame, total: Ints) -> pd.DataFrame:
    """Three lines a claim."""
    claim = office.issue(len(base))
    procedure = _coded(office, base, office.profile.facility_system)
    diagnosis = office.related(
        base["family"].to_numpy(), base["side"].to_numpy(), np.zeros(len(base), dtype=bool)
    )
    day, stay = base["day"].to_numpy(), base["stay"].to_numpy()
    rest = total.copy()
    parts = []
    for number in (3, 2, 1):
        revenue, share = _FACILITY_LINES[number - 1]
        amount = rest if number == 1 else np.floor(total * share).astype(np.int64)
        rest = rest - amount
        values = _blank(len(base))
        values |= dict(
            claim=claim,
            line=np.full(len(base), number),
            member=base["member"].to_numpy(),
            institutional=np.ones(len(base), dtype=np.int64),
            start=day,
            end=day + stay,
            day=day,
            admission=day,
            discharge=day + stay,
            procedure_day=base["procedure_day"].to_numpy(),
            units=stay if revenue == "0120" else np.ones(len(base), dtype=np.int64),
            allowed=amount,
            large=np.ones(len(base), dtype=np.int64),
            bill=np.full(len(base), office.words.number("111")),
            revenue=np.full(len(base), office.words.number(revenue)),
            diagnosis=diagnosis,
            procedure=procedure,
            denial=np.where(base["denied"], office.words.number("AUTH"), 0),
        )
        parts.append(_table(values))
    return pd.concat(parts, ignore_index=True)


def _surgeon(office: Office, base: pd.DataFrame, amount: Ints) -> pd.DataFrame:
    profile, words = office.profile, office.words
    values = _blank(len(base))
    day, ones = base["day"].to_numpy(), np.ones(len(base), dtype=np.int64)
    modifiers = words.numbers(
        [professional_code(profile.service_system, "knee_arthroplasty", s)[1] for s in SIDES]
    )
    values |= dict(
        claim=office.issue(len(base)),
        line=ones,
        member=base["member"].to_numpy(),
        start=day,
        end=day,
        day=day,
        units=ones,
        allowed=np.maximum(amount, 1),
        large=ones,
        place=ones * words.number("21"),
        service=_coded(office, base, profile.service_system),
        modifier=modifiers[base["side"].to_numpy()],
        diagnosis=office.related(
            base["family"].to_numpy(), base["side"].to_numpy(), np.zeros(len(base), dtype=bool)
        ),
        denial=np.where(base["denied"], words.number("AUTH"), 0),
    )
    return _table(values)


def _professional(office: Office, member: Ints, day: Ints, amount: Ints) -> dict[str, Ints]:
    ones = np.ones(len(member), dtype=np.int64)
    return _blank(len(member)) | dict(
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
    return _table(values)


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
    return _table(values)


def _among(office: Office, conditions: Ints) -> Ints:
    """One of three harmless codes, or of as many chronic ones as the member has."""
    return np.floor(office.rng.random(len(conditions)) * (3 + np.minimum(conditions, 3))).astype(
        np.int64
    )


def _ordinary(office: Office) -> Ints:
    system = office.profile.diagnosis_system
    codes = _ORDINARY_CM if system == CM else _ORDINARY_GM
    return office.words.numbers(list(codes if system.endswith(("cm", "gm")) else _ORDINARY))


def _decide(office: Office, table: pd.DataFrame) -> None:
    """Amounts of plan and provider, and the day of the payor's decision."""
    large = table["large"].to_numpy() == 1
    table["paid"] = paid_of(table["allowed"].to_numpy(), large)
    table["charge"] = np.floor(table["allowed"] * _CHARGE).astype(np.int64)
    refused = table["denial"].to_numpy() != 0
    for money in ("allowed", "paid"):
        table.loc[refused, money] = 0
    if office.profile.quarter_grain:
        _by_quarter(table)
    claims = np.zeros(office.issued, dtype=np.int64)
    claims[table["claim"]] = table["institutional"]
    ends = np.zeros(office.issued, dtype=np.int64)
    ends[table["claim"]] = table["end"]
    lag = lag_days(office.history.world, claims == 1, ends, office.rng)
    table["adjudicated"] = table["end"].to_numpy() + lag[table["claim"].to_numpy()]


def _by_quarter(table: pd.DataFrame) -> None:
    """Outpatient services carry the first day of their quarter."""
    outpatient = table["institutional"].to_numpy() == 0
    month = month_of(table["day"].to_numpy())
    start = month_start(month - month % 3)
    for name in ("start", "end", "day"):
        table[name] = np.where(outpatient, start, table[name])
