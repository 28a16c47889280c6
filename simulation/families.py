"""Procedure families and the codes that carry them, in the simulator's own words.

No CPT code is used: `nl-proc` and `rh-ops` are fictitious, ICD-10-PCS is public.
"""

from __future__ import annotations

from dataclasses import dataclass

PCS = "icd-10-pcs"
NORTH_CODES = "nl-proc"
RHEIN_CODES = "rh-ops"
HOKKAI_CODES = "hk-proc"
SALAM_CODES = "sl-proc"
VERDE_CODES = "vm-proc"


@dataclass(frozen=True, slots=True)
class CodeStyle:
    """How a fictitious system writes codes: their first letters, and whether they carry a side."""

    stem: str
    sided: bool


STYLES: dict[str, CodeStyle] = {
    NORTH_CODES: CodeStyle("NP", False),
    RHEIN_CODES: CodeStyle("RP", True),
    HOKKAI_CODES: CodeStyle("KP", False),
    SALAM_CODES: CodeStyle("SP", True),
    VERDE_CODES: CodeStyle("VP", False),
}


@dataclass(frozen=True, slots=True)
class Family:
    """A family of equivalent operations.

    Windows are months; costs are mean allowed amounts in US dollars. `operated_shift` moves the
    log odds of the operation without an opinion; `first_month` is the share of the operations of
    the window that fall in its first month (0: evenly spread).
    """

    family_id: str
    window_months: int
    min_defer_months: int
    sided: bool
    female_only: bool
    letter: str
    facility_cost: float
    professional_cost: float
    alternative_cost: float
    stay_days: int
    operated_shift: float
    first_month: float

    @property
    def episode_cost(self) -> float:
        """Mean allowed amount of hospital and surgeon together."""
        return self.facility_cost + self.professional_cost


FAMILIES: tuple[Family, ...] = (
    Family("knee_arthroplasty", 24, 3, True, False, "K", 24_000, 3_100, 3_000, 3, 0.7, 0.0),
    Family("hip_arthroplasty", 18, 3, True, False, "H", 25_000, 3_200, 2_600, 3, -0.2, 0.10),
    Family("lumbar_fusion", 12, 3, False, False, "F", 52_000, 7_400, 4_800, 4, -0.7, 0.15),
    Family("lumbar_decompression", 12, 3, False, False, "D", 16_500, 3_600, 3_200, 1, -0.4, 0.25),
    Family("cholecystectomy", 18, 3, False, False, "C", 13_000, 1_900, 1_500, 1, 0.4, 0.25),
    Family("hysterectomy", 12, 3, False, True, "U", 14_500, 2_400, 1_800, 2, -0.1, 0.20),
)
BY_ID = {family.family_id: family for family in FAMILIES}

_PCS_BY_SIDE: dict[str, dict[str, str]] = {
    "knee_arthroplasty": {"right": "0SRC0J9", "left": "0SRD0J9"},
    "hip_arthroplasty": {"right": "0SR90JZ", "left": "0SRB0JZ"},
}
_PCS_PLAIN = {
    "lumbar_fusion": "0SG00AJ",
    "lumbar_decompression": "0SB20ZZ",
    "cholecystectomy": "0FT44ZZ",
    "hysterectomy": "0UT90ZZ",
}
BIOPSY_CODE = "0FB44ZX"


@dataclass(frozen=True, slots=True)
class BridgeRow:
    """One prefix of a code system that means a family; empty laterality = no side said."""

    code_system: str
    prefix: str
    family_id: str
    laterality: str = ""
    excluded_qualifier: str = ""


def facility_code(system: str, family_id: str, side: str) -> str:
    """Procedure code of the hospital's claim. An unknown side on PCS is not possible: right."""
    if system == PCS:
        sides = _PCS_BY_SIDE.get(family_id)
        return sides.get(side, sides["right"]) if sides else _PCS_PLAIN[family_id]
    style = STYLES[system]
    return _sided(style, family_id, side) if style.sided else _plain(style, family_id)


def professional_code(system: str, family_id: str, side: str) -> tuple[str, str]:
    """Service code and modifier of the surgeon's line: the side is in one of them."""
    style = STYLES[system]
    if style.sided:
        return _sided(style, family_id, side), ""
    modifier = {"left": "LT", "right": "RT", "bilateral": "50"}.get(side, "")
    return _plain(style, family_id), modifier


def unmapped_code(system: str, family_id: str) -> str:
    """A code for the operation that no bridge knows."""
    return "0SWZ0ZZ" if system == PCS else f"{STYLES[system].stem}Y{BY_ID[family_id].letter}9"


def _plain(style: CodeStyle, family_id: str) -> str:
    return f"{style.stem}{BY_ID[family_id].letter}10"


def _sided(style: CodeStyle, family_id: str, side: str) -> str:
    letter = {"left": "L", "right": "R", "bilateral": "B"}.get(side, "X")
    return f"{style.stem}{BY_ID[family_id].letter}{letter}20"


def bridge_rows(system: str, hidden: tuple[str, ...] = ()) -> list[BridgeRow]:
    """The bridge of a fictitious system; it says nothing about hidden families."""
    style = STYLES[system]
    seen = [family for family in FAMILIES if family.family_id not in hidden]
    if not style.sided:
        return [BridgeRow(system, f"{style.stem}{f.letter}", f.family_id) for f in seen]
    return [row for family in seen for row in _sided_rows(system, style.stem, family)]


def _sided_rows(system: str, start: str, family: Family) -> list[BridgeRow]:
    stem = f"{start}{family.letter}"
    plain = [BridgeRow(system, stem + "X", family.family_id)]
    if not family.sided:
        return plain
    sided = [("L", "left"), ("R", "right"), ("B", "")]
    return plain + [BridgeRow(system, stem + c, family.family_id, s) for c, s in sided]


def pcs_rows() -> list[BridgeRow]:
    """What the oracle knows of ICD-10-PCS (public domain prefixes)."""
    sided = [
        ("0SRC", "knee_arthroplasty", "right"),
        ("0SRD", "knee_arthroplasty", "left"),
        ("0SR9", "hip_arthroplasty", "right"),
        ("0SRB", "hip_arthroplasty", "left"),
    ]
    plain = [
        ("0SG0", "lumbar_fusion", ""),
        ("0SG1", "lumbar_fusion", ""),
        ("0SG3", "lumbar_fusion", ""),
        ("0SB2", "lumbar_decompression", "X"),
        ("0FT4", "cholecystectomy", "X"),
        ("0FB4", "cholecystectomy", "X"),
        ("0UT9", "hysterectomy", "X"),
    ]
    rows = [BridgeRow(PCS, prefix, family, side) for prefix, family, side in sided]
    return rows + [BridgeRow(PCS, prefix, family, "", x) for prefix, family, x in plain]
