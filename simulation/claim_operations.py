"""Claims of operations: three hospital lines and the surgeon's one, sides and codes as claimed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.families import FAMILIES, PCS, facility_code, professional_code, unmapped_code
from simulation.office import SIDES, Ints, Office, blank, reaches_payor
from simulation.potential import family_numbers
from simulation.timeline import NEVER

_FACILITY_ONLY, _SURGEON_ONLY, _UNDATED = 0.08, 0.10, 0.10
_FACILITY_LINES = (("0360", 0.5), ("0278", 0.3), ("0120", 0.2))
_INDUCED = {"lumbar_decompression": "cholecystectomy"}


def induced_family(family: str) -> str:
    """Family of the operation that an opinion may add."""
    return _INDUCED.get(family, "lumbar_decompression")


def operations(office: Office, care: pd.DataFrame, sides: Ints, own: bool) -> pd.DataFrame:
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
        values = blank(len(base))
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
        parts.append(pd.DataFrame(values))
    return pd.concat(parts, ignore_index=True)


def _surgeon(office: Office, base: pd.DataFrame, amount: Ints) -> pd.DataFrame:
    profile, words = office.profile, office.words
    values = blank(len(base))
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
    return pd.DataFrame(values)


def staged(office: Office, operations: pd.DataFrame, sides: Ints) -> pd.DataFrame:
    """The other side's operation, two to sixteen months after some operations of a sided family."""
    history = office.history
    at = operations["trigger"].to_numpy()
    chance = office.rng.random(len(at))
    later = operations["day"].to_numpy() + office.rng.integers(60, 500, len(at))
    chosen = (sides[at] > 0) & (chance < history.world.contralateral)
    moved = operations.assign(day=later)[chosen]
    return moved[reaches_payor(history, moved)]
