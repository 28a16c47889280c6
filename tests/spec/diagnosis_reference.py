"""How the two opinions' diagnoses relate, in plain Python: the second, independent implementation.

It is written from the method (taxonomy of diagnosis change and its rulings), reads no rule table of
the warehouse and shares no code with the models. Facts about single codes come in as `Tables`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.spec.diagnosis_reading import (
    Diagnosis,
    Side,
    Tables,
    family,
    longest,
    read_side,
    site,
)
from tests.spec.neoplasm_reference import behaviour, behaviour_move, symptom

CM = "icd-10-cm"
# Categories whose meaning drifted between variants.
DRIFTED = {"O04", "D70", "R65", "F04", "F17"}
# Body systems of CCSR in which another site is another disease: joints and spine, injuries.
SITE_BOUND = {"MUS", "INJ"}
CHAPTER_STARTS = (
    "A00", "C00", "D50", "E00", "F00", "G00", "H00", "H60", "I00", "J00", "K00",
    "L00", "M00", "N00", "O00", "P00", "Q00", "R00", "S00", "U00", "V00", "Z00",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """Relation, class and flags of one pair of opinions."""

    relation: str
    machine_class: str
    depth: str
    reason: str | None = None
    grade: int | None = None
    harmonised: str = "undetermined"
    rank_swap: bool = False
    less_specific: bool = False
    laterality_mismatch: bool = False
    cross_variant: bool = False
    undifferentiated: bool = False
    added_dx: bool = False
    flip: bool = False
    double_read: bool = False
    suspected: bool = False


def judge(
    initial: list[Diagnosis],
    final: list[Diagnosis],
    tables: Tables,
    insufficient: bool = False,
    unsupported: bool = False,
) -> Verdict:
    """Compare the primaries (first of each list); an empty list has none.

    unsupported: the reviewer says that the initial primary is not there.
    """
    before = read_side(initial[0], tables) if initial else None
    after = read_side(final[0], tables) if final else None
    if before is None or before.certainty == "excluded":
        verdict = _unknown("missing_primary")
    else:
        verdict = _judge(before, after, initial, final, tables, (insufficient, unsupported))
    maybe = any(side is not None and side.certainty == "suspected" for side in (before, after))
    return replace(verdict, suspected=maybe)


def _judge(
    before: Side,
    after: Side | None,
    initial: list[Diagnosis],
    final: list[Diagnosis],
    tables: Tables,
    said: tuple[bool, bool],
) -> Verdict:
    """said: too little information; the initial diagnosis is not supported."""
    insufficient, unsupported = said
    excluded = after is not None and after.certainty == "excluded"
    if after is not None and excluded:
        unsupported = unsupported or _contains(after, before, tables)
    if (after is None or excluded) and not unsupported:
        return _unknown("missing_primary")
    reason = _blocked(before, after, tables, insufficient)
    if reason is not None:
        crossed = reason == "category_exception"
        return _unknown(reason, cross_variant=crossed, double_read=crossed)
    depth = _depth(before, after) if after else "none"
    if after is None or excluded:
        verdict = _rejected(before, after, tables, depth)
    else:
        swapped = [row for row in (read_side(r, tables) for r in initial[1:]) if row.is_current]
        verdict = _compare(before, after, swapped, tables, depth, unsupported)
    if verdict.relation == "none" or depth not in ("full_code",):
        return verdict
    known = _current(initial, tables)
    return replace(verdict, added_dx=bool(_current(final[1:], tables) - known))


def _current(rows: list[Diagnosis], tables: Tables) -> set[str]:
    sides = (read_side(row, tables) for row in rows)
    return {side.category for side in sides if side.is_current}


def _contains(after: Side, before: Side, tables: Tables) -> bool:
    """The excluded disease is the initial one, or a wider one."""
    depth = _depth(before, after)
    if depth == "full_code":
        concepts = {side.facts.concept if side.facts else side for side in (before, after)}
        return before.code.startswith(after.code) or len(concepts) == 1
    if depth == "crosswalk":
        before, after = _translated(before, after, tables)
    return before.category == after.category


def _rejected(before: Side, after: Side | None, tables: Tables, depth: str) -> Verdict:
    """Nothing was found in place of the initial disease."""
    origin = before
    if depth == "crosswalk" and after is not None:
        origin, after = _translated(before, after, tables)
    spread = behaviour(origin.code) in ("malignant", "secondary", "in_situ")
    relation = "flip" if spread else "D8"
    coarse = "undetermined" if _drifts(tables, origin, after) else "changed"
    return _final(relation, depth, coarse, before, before)


def _drifts(tables: Tables, *sides: Side | None) -> bool:
    """A category whose three characters do not mean the same everywhere."""
    return any(s is not None and s.category in DRIFTED | tables.lonely for s in sides)


def _problem(side: Side, tables: Tables) -> str | None:
    """Why the code may not be used on its day."""
    if side.facts is not None:
        return "invalid_code" if side.facts.is_header and side.system == CM else None
    days = tables.complete.get(side.system, [])
    listed = any(first <= side.on <= last for first, last in days)
    return "invalid_code" if listed else "release_missing"


def _blocked(before: Side, after: Side | None, tables: Tables, insufficient: bool) -> str | None:
    """Why no relation can be told at all."""
    reason = _invalid(before, after, tables)
    if reason is not None:
        return reason
    if insufficient:
        return "insufficient_information"
    ends = {before.category, after.category if after else ""}
    if "R69" in ends:
        return "unknown_illness"
    if [before.certainty, after.certainty if after else ""].count("past") == 1:
        return "past_diagnosis"
    return _incomparable(before, after, tables) if after else None


def _incomparable(before: Side, after: Side, tables: Tables) -> str | None:
    if _depth(before, after) == "category":
        ends = {before.category, after.category}
        if ends & DRIFTED or (CM in (before.system, after.system) and ends & tables.lonely):
            return "category_exception"
    if _depth(before, after) == "crosswalk":
        return _no_way(before, after, tables)
    return None


def _invalid(before: Side, after: Side | None, tables: Tables) -> str | None:
    sides = [before] if after is None else [before, after]
    same = len({family(side.system) for side in sides}) == 1
    # the crosswalk knows the codes of another classification
    asked = [side for side in sides if same or family(side.system) == "icd-10"]
    problems = {_problem(side, tables) for side in asked} - {None}
    for problem in ("invalid_code", "release_missing"):
        if problem in problems:
            return problem
    return None


def _no_way(before: Side, after: Side, tables: Tables) -> str | None:
    targets, is_final = _targets(before, after, tables)
    if targets is None:
        return "crosswalk_absent"
    system = before.system if is_final else after.system
    # a meaning that the list does not have (any more) is none
    is_one = len({code[:3] for code in targets}) == 1 and (system, min(targets)) in tables.codes
    return None if is_one else "crosswalk_ambiguous"


def _targets(before: Side, after: Side, tables: Tables) -> tuple[set[str] | None, bool]:
    """Codes a foreign side may mean in the other system; whether that side is the final one."""
    forth = tables.crosswalk.get((before.system, before.code, after.system))
    if forth is not None:
        return forth, False
    return tables.crosswalk.get((after.system, after.code, before.system)), True


def _depth(before: Side, after: Side) -> str:
    if before.system == after.system:
        return "full_code"
    return "category" if family(before.system) == family(after.system) else "crosswalk"


def _unknown(reason: str, cross_variant: bool = False, double_read: bool = False) -> Verdict:
    return Verdict(
        "none",
        "undetermined",
        "none",
        reason,
        cross_variant=cross_variant,
        double_read=double_read,
    )


def _translated(before: Side, after: Side, tables: Tables) -> tuple[Side, Side]:
    """Both sides in one system; as they are where no crosswalk knows them."""
    targets, is_final = _targets(before, after, tables)
    if targets is None:
        return before, after
    meant = min(targets)
    return (
        (before, replace(after, code=meant)) if is_final else (replace(before, code=meant), after)
    )


def _compare(
    before: Side,
    after: Side,
    secondary: list[Side],
    tables: Tables,
    depth: str,
    unsupported: bool,
) -> Verdict:
    if depth == "crosswalk":
        before, after = _translated(before, after, tables)
        secondary = []
    drifts = _drifts(tables, before, after)
    if depth == "full_code" and not unsupported and _is_artifact(before, after, tables):
        coarse = "undetermined" if drifts else "confirmed"
        return _final("coding_artifact", depth, coarse, before, after)
    unclear = symptom(before.code) and symptom(after.code)
    coarse = _category_relation(before, after, {row.category for row in secondary}, unsupported)
    harmonised = "undetermined" if unclear or drifts else _class(coarse)
    relation = coarse
    if depth == "full_code":
        inside = {row.code for row in secondary if row.system == after.system}
        relation = _relation(before, after, inside, tables, unsupported)
    if relation == "unmapped":
        reason = "both_symptom" if unclear else "ccsr_absent"
        return replace(_unknown(reason), harmonised=harmonised)
    verdict = _final(relation, depth, harmonised, before, after)
    why = _why_open(relation, unclear, before, after, tables)
    if why is not None:
        return replace(verdict, machine_class="undetermined", reason=why, grade=None)
    return verdict


def _why_open(
    relation: str, unclear: bool, before: Side, after: Side, tables: Tables
) -> str | None:
    """Why a relation that was told gives no class."""
    if unclear:
        return "both_symptom"
    if relation == "D4" and tables.ccsr[before.code][1] in SITE_BOUND:
        named = [bool(site(side.code, tables)) for side in (before, after)]
        return "site_unknown" if named.count(True) == 1 else None
    return None


def _opposed(before: Side, after: Side) -> bool:
    """Both name a side, and not the same one."""
    sides = {before.named_side, after.named_side}
    return len(sides) == 2 and sides <= {"right", "left", "bilateral"}


def _is_artifact(before: Side, after: Side, tables: Tables) -> bool:
    """The later code replaced the earlier one between the two days."""
    for old, new in ((before, after), (after, before)):
        days = tables.bridge.get((old.system, old.code, new.code))
        if days is not None and old.on <= days[0] and new.on >= days[1]:
            return True
    return False


def _relation(
    before: Side, after: Side, secondary: set[str], tables: Tables, unsupported: bool
) -> str:
    move, first = behaviour_move(before.code, after.code)
    if move and first:
        return move
    if after.code != before.code and after.code in secondary:
        return "rank_swap"
    return move or ("D8" if unsupported else _structural(before, after, tables))


def _structural(before: Side, after: Side, tables: Tables) -> str:
    old, new = before.code, after.code
    assert before.facts is not None and after.facts is not None
    if old == new:
        return "D0"
    if before.facts.concept == after.facts.concept:
        return "D1"
    if new.startswith(old) or (
        before.category == after.category
        and before.facts.is_unspecified
        and not after.facts.is_unspecified
    ):
        return "D2+"
    if old.startswith(new) or (
        before.category == after.category
        and after.facts.is_unspecified
        and not before.facts.is_unspecified
    ):
        return "D2-"
    if symptom(old) != symptom(new):
        return "D7" if symptom(old) else "D8"
    return "D3" if before.category == after.category else _across(before, after, tables)


def _across(before: Side, after: Side, tables: Tables) -> str:
    """D4 to D6, for codes of different categories."""
    same_chapter = chapter(before.code) == chapter(after.code)
    if before.system != CM:
        return "D5" if same_chapter else "D6"
    if before.code not in tables.ccsr or after.code not in tables.ccsr:
        return "unmapped"
    (old_group, old_body), (new_group, new_body) = (
        tables.ccsr[before.code],
        tables.ccsr[after.code],
    )
    if old_group and old_group == new_group:
        return _same_group(before.code, after.code, tables)
    return "D5" if same_chapter or (old_body and old_body == new_body) else "D6"


def _same_group(old: str, new: str, tables: Tables) -> str:
    """Two diseases of one clinical group: elsewhere in the body, for other procedures, or near."""
    sites = site(old, tables), site(new, tables)
    if "" not in sites and sites[0] != sites[1]:
        return "D4_other_site"
    leads = longest(old, tables.families), longest(new, tables.families)
    if leads[0] and leads[1] and not leads[0] & leads[1]:
        return "D4_other_family"
    return "D4"


def _category_relation(
    before: Side, after: Side, secondary: set[str], unsupported: bool = False
) -> str:
    """The ladder on three characters, without CCSR."""
    move, first = behaviour_move(before.code, after.code)
    if move and first:
        return move
    if after.category != before.category and after.category in secondary:
        return "rank_swap"
    if move or unsupported:
        return move or "D8"
    if symptom(before.code) != symptom(after.code):
        return "D7" if symptom(before.code) else "D8"
    if before.category == after.category:
        return "D0"
    return "D5" if chapter(before.code) == chapter(after.code) else "D6"


CONFIRMED = {"D0", "D1", "D2-", "coding_artifact"}
REFINED = {"D2+", "D3", "D4", "D7", "rank_swap", "resolved", "upcertify", "decertify"}
STARRED = {
    "downgrade",
    "upgrade",
    "decertify_malignant",
    "resolved_malignant",
    "primary_secondary",
    "new_malignancy",
}


def _class(relation: str) -> str:
    if relation in CONFIRMED:
        return "confirmed"
    return "refined" if relation in REFINED else "changed"


def _grade(relation: str) -> int:
    if relation == "flip":
        return 4
    if relation in STARRED:
        return 3
    if relation in CONFIRMED:
        return 0
    if relation in REFINED and relation not in ("resolved", "upcertify", "decertify"):
        return 1
    return 2


def _final(relation: str, depth: str, harmonised: str, before: Side, after: Side) -> Verdict:
    hidden = relation == "D7" and behaviour(after.code) in ("malignant", "secondary", "in_situ")
    crossed = depth == "category"
    return Verdict(
        relation,
        _class(relation),
        depth,
        # a symptom behind which a malignancy was found is refined, but never minor
        grade=3 if hidden else _grade(relation),
        harmonised=harmonised,
        rank_swap=relation == "rank_swap",
        less_specific=relation == "D2-",
        laterality_mismatch=relation in ("D0", "D1") and not crossed and _opposed(before, after),
        cross_variant=crossed,
        undifferentiated=relation == "D7",
        flip=relation == "flip",
        double_read=relation == "flip" or hidden or crossed,
    )


def chapter(code: str) -> str:
    """First category of the chapter that holds the code."""
    return max(start for start in CHAPTER_STARTS if start <= code[:3])
