"""How the two opinions' diagnoses relate, in plain Python: the second, independent implementation.

It is written from the method (taxonomy of diagnosis change and its rulings), reads no rule table of
the warehouse and shares no code with the models. Facts about single codes come in as `Tables`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

CM = "icd-10-cm"
# Categories whose meaning drifted between variants.
DRIFTED = {"O04", "D70", "R65", "F04", "F17"}
RANKED_SYMPTOMS = ("M255", "M54", "Z03", "Z04")
CHAPTER_STARTS = (
    "A00", "C00", "D50", "E00", "F00", "G00", "H00", "H60", "I00", "J00", "K00",
    "L00", "M00", "N00", "O00", "P00", "Q00", "R00", "S00", "U00", "V00", "Z00",
)  # fmt: skip


@dataclass(frozen=True)
class Code:
    """One entry of a code system with its days of validity (ends included)."""

    concept: str
    side: str = ""
    is_unspecified: bool = False
    is_header: bool = False
    valid_from: date = date.min
    valid_to: date = date.max


@dataclass(frozen=True)
class Diagnosis:
    """A code as written, its system and the day it was made."""

    system: str
    code: str
    on: date


@dataclass
class Tables:
    """Facts of the code systems. Codes are dotless."""

    codes: dict[tuple[str, str], list[Code]]
    # ICD-10-CM code -> (default CCSR category, body system); either may be empty
    ccsr: dict[str, tuple[str, str]] = field(default_factory=dict)
    # (system, earlier code, later code) -> (last day of the earlier, first day of the later)
    bridge: dict[tuple[str, str, str], tuple[date, date]] = field(default_factory=dict)
    # (system, code, other system) -> possible codes of the other system
    crosswalk: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    # categories that either ICD-10-CM or the others have
    lonely: set[str] = field(default_factory=set)
    # dotless prefix -> body site
    sites: dict[str, str] = field(default_factory=dict)
    # system -> letter written behind a code -> side it names ('' = none)
    suffixes: dict[str, dict[str, str]] = field(default_factory=dict)
    # system -> days its whole list covers (first, last)
    complete: dict[str, list[tuple[date, date]]] = field(default_factory=dict)


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


@dataclass(frozen=True)
class Side:
    """A primary diagnosis with what is known of its code."""

    system: str
    code: str
    on: date
    facts: Code | None
    suffix_side: str = ""

    @property
    def named_side(self) -> str:
        """The side the code or the letter behind it names."""
        return self.suffix_side or (self.facts.side if self.facts else "")

    @property
    def category(self) -> str:
        """First three characters."""
        return self.code[:3]


def judge(
    initial: list[Diagnosis], final: list[Diagnosis], tables: Tables, insufficient: bool = False
) -> Verdict:
    """Compare the primaries (first of each list); an empty list has none."""
    if not initial or not final:
        return _unknown("missing_primary")
    before, after = _side(initial[0], tables), _side(final[0], tables)
    reason = _blocked(before, after, tables, insufficient)
    if reason is not None:
        crossed = reason == "category_exception"
        return _unknown(reason, cross_variant=crossed, double_read=crossed)
    depth = _depth(before, after)
    swapped = [_side(row, tables) for row in initial[1:]]
    verdict = _compare(before, after, swapped, tables, depth)
    if verdict.relation == "none" or depth not in ("full_code",):
        return verdict
    known = {_side(row, tables).category for row in initial}
    extra = {_side(row, tables).category for row in final[1:]} - known
    return replace(verdict, added_dx=bool(extra))


def normal(code: str) -> str:
    """Upper case without dots and blanks."""
    return code.upper().replace(".", "").replace(" ", "")


def family(system: str) -> str:
    """Revision of the classification: icd-9, icd-10, ..."""
    return "-".join(system.split("-")[:2])


def _side(row: Diagnosis, tables: Tables) -> Side:
    """The row with its code's entry; letters behind a code go only if the code is unknown."""
    written, side = normal(row.code), ""
    letters = tables.suffixes.get(row.system, {})
    code = written
    for _ in range(2):
        if (row.system, code) in tables.codes or code[-1:] not in letters:
            break
        side = side or letters[code[-1]]
        code = code[:-1]
    if (row.system, code) not in tables.codes:
        code, side = written, ""
    return Side(row.system, code, row.on, _entry(row, code, tables), side)


def _entry(row: Diagnosis, code: str, tables: Tables) -> Code | None:
    for facts in tables.codes.get((row.system, code), []):
        if facts.valid_from <= row.on <= facts.valid_to:
            return facts
    return None


def _problem(side: Side, tables: Tables) -> str | None:
    """Why the code may not be used on its day."""
    if side.facts is not None:
        return "invalid_code" if side.facts.is_header and side.system == CM else None
    days = tables.complete.get(side.system, [])
    listed = any(first <= side.on <= last for first, last in days)
    return "invalid_code" if listed else "release_missing"


def _blocked(before: Side, after: Side, tables: Tables, insufficient: bool) -> str | None:
    """Why no relation can be told at all."""
    reason = _invalid(before, after, tables)
    if reason is not None:
        return reason
    if insufficient:
        return "insufficient_information"
    if "R69" in (before.category, after.category):
        return "unknown_illness"
    if _depth(before, after) == "category":
        ends = {before.category, after.category}
        if ends & DRIFTED or (CM in (before.system, after.system) and ends & tables.lonely):
            return "category_exception"
    if _depth(before, after) == "crosswalk":
        return _no_way(before, after, tables)
    return None


def _invalid(before: Side, after: Side, tables: Tables) -> str | None:
    same = family(before.system) == family(after.system)
    # the crosswalk knows the codes of another classification
    sides = [s for s in (before, after) if same or family(s.system) == "icd-10"]
    problems = {_problem(side, tables) for side in sides} - {None}
    for problem in ("invalid_code", "release_missing"):
        if problem in problems:
            return problem
    return None


def _no_way(before: Side, after: Side, tables: Tables) -> str | None:
    targets, _ = _targets(before, after, tables)
    if targets is None:
        return "crosswalk_absent"
    return "crosswalk_ambiguous" if len({code[:3] for code in targets}) > 1 else None


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


def _compare(
    before: Side, after: Side, secondary: list[Side], tables: Tables, depth: str
) -> Verdict:
    if depth == "crosswalk":
        targets, is_final = _targets(before, after, tables)
        assert targets is not None
        if is_final:
            after = replace(after, code=min(targets))
        else:
            before = replace(before, code=min(targets))
        secondary = []
    if depth == "full_code" and _is_artifact(before, after, tables):
        return _final("coding_artifact", depth, "confirmed", before, after)
    unclear = symptom(before.code) and symptom(after.code)
    coarse = _category_relation(before, after, {row.category for row in secondary})
    harmonised = "undetermined" if unclear else _class(coarse)
    relation = coarse
    if depth == "full_code":
        inside = {row.code for row in secondary if row.system == after.system}
        relation = _relation(before, after, inside, tables)
    if relation == "unmapped":
        reason = "both_symptom" if unclear else "ccsr_absent"
        return replace(_unknown(reason), harmonised=harmonised)
    verdict = _final(relation, depth, harmonised, before, after)
    if unclear:
        return replace(verdict, machine_class="undetermined", reason="both_symptom", grade=None)
    return verdict


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


def _relation(before: Side, after: Side, secondary: set[str], tables: Tables) -> str:
    move, first = behaviour_move(before.code, after.code)
    if move and first:
        return move
    if after.code != before.code and after.code in secondary:
        return "rank_swap"
    return move or _structural(before, after, tables)


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
        sites = site(before.code, tables), site(after.code, tables)
        apart = sites[0] != sites[1] and "" not in sites
        return "D4_other_site" if apart else "D4"
    return "D5" if same_chapter or (old_body and old_body == new_body) else "D6"


def _category_relation(before: Side, after: Side, secondary: set[str]) -> str:
    """The ladder on three characters, without CCSR."""
    move, first = behaviour_move(before.code, after.code)
    if move and first:
        return move
    if after.category != before.category and after.category in secondary:
        return "rank_swap"
    if move:
        return move
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


def symptom(code: str) -> bool:
    """Chapter R or one of the listed symptom codes."""
    return code.startswith("R") or code.startswith(RANKED_SYMPTOMS)


def chapter(code: str) -> str:
    """First category of the chapter that holds the code."""
    return max(start for start in CHAPTER_STARTS if start <= code[:3])


def site(code: str, tables: Tables) -> str:
    """Body site by the longest listed prefix; empty when none is listed."""
    for length in range(len(code), 2, -1):
        if code[:length] in tables.sites:
            return tables.sites[code[:length]]
    return ""


def behaviour(code: str) -> str:
    """Behaviour of a neoplasm; empty for everything else."""
    category = code[:3]
    if category in ("C77", "C78", "C79", "C7B"):
        return "secondary"
    if category[0] == "C":
        return "malignant"
    if category[0] != "D" or category >= "D50":
        return ""
    if category <= "D09":
        return "in_situ"
    if category <= "D36" or category == "D3A":
        return "benign"
    return "uncertain"


def behaviour_move(old: str, new: str) -> tuple[str, bool]:
    """(name of the move, whether it goes before a rank swap); no name = the relation decides."""
    before, after = behaviour(old), behaviour(new)
    if before == after:
        return "", False
    if not before:
        return _into_neoplasm(old, after)
    if not after:
        return _out_of_neoplasm(before, new)
    return _between(before, after)


def _into_neoplasm(old: str, after: str) -> tuple[str, bool]:
    if after in ("malignant", "secondary", "in_situ"):
        return ("D7" if symptom(old) else "new_malignancy"), True
    return "", False


def _out_of_neoplasm(before: str, new: str) -> tuple[str, bool]:
    if before in ("malignant", "secondary", "in_situ"):
        return "flip", True
    return ("D8" if symptom(new) else "not_neoplasm"), False


def _between(before: str, after: str) -> tuple[str, bool]:
    spread = {"malignant", "secondary"}
    if {before, after} == spread:
        return "primary_secondary", False
    if before in spread:
        return {
            "in_situ": ("downgrade", False),
            "benign": ("flip", True),
            "uncertain": ("decertify_malignant", False),
        }[after]
    if before == "in_situ":
        return {"benign": ("flip", True), "uncertain": ("decertify", False)}.get(
            after, ("upgrade", True)
        )
    if before == "benign":
        return ("upcertify", False) if after == "uncertain" else ("flip", True)
    return ("resolved", False) if after == "benign" else ("resolved_malignant", True)
