"""How the two opinions' diagnoses relate, in plain Python: the second, independent implementation.

It is written from the method (taxonomy of diagnosis change and its rulings), reads no rule table of the
warehouse and shares no code with the models. Facts about single codes come in as `Tables`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

CM = "icd-10-cm"
ICD10 = (CM, "icd-10-gm", "icd-10-who", "icd-10-am", "icd-10-ca", "icd-10-ch")
# Categories whose meaning drifted between variants.
DRIFTED = {"O04", "D70", "R65", "F04", "F17"}
RANKED_SYMPTOMS = ("M255", "M54", "Z03", "Z04")
CHAPTER_STARTS = (
    "A00 C00 D50 E00 F00 G00 H00 H60 I00 J00 K00 L00 M00 N00 O00 P00 Q00 R00 S00 U00 V00 Z00"
).split()


@dataclass(frozen=True)
class Code:
    """One entry of a code system with its days of validity (ends included)."""

    concept: str
    side: str = ""
    is_unspecified: bool = False
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
    """Facts of the code systems. Keys are dotless codes."""

    codes: dict[tuple[str, str], list[Code]]
    # ICD-10-CM code -> CCSR default category
    ccsr: dict[str, str] = field(default_factory=dict)
    # (system, earlier code, later code) -> first day of the later code
    conversion: dict[tuple[str, str, str], date] = field(default_factory=dict)
    # (system, code, other system) -> possible codes of the other system
    crosswalk: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    # categories that only one variant has: ICD-10-CM against all the others
    lonely: set[str] = field(default_factory=set)
    # dotless prefix -> body site
    sites: dict[str, str] = field(default_factory=dict)


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
    facts: Code

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
    if insufficient:
        return _unknown("insufficient_information")
    before, after = _side(initial[0], tables), _side(final[0], tables)
    if before is None or after is None:
        return _unknown("invalid_code")
    if "R69" in (before.category, after.category):
        return _unknown("unknown_illness")
    verdict = _compare(before, after, _codes(initial[1:]), tables)
    if verdict.machine_class == "undetermined" and verdict.relation == "none":
        return verdict
    known = {code[:3] for _, code in _codes(initial)}
    extra = {code[:3] for _, code in _codes(final[1:])} - known
    return replace(verdict, added_dx=bool(extra) and after.system == before.system)


def normal(code: str) -> str:
    """Upper case without dots and blanks."""
    return code.upper().replace(".", "").replace(" ", "")


def _codes(rows: list[Diagnosis]) -> list[tuple[str, str]]:
    return [(row.system, normal(row.code)) for row in rows]


def _side(row: Diagnosis, tables: Tables) -> Side | None:
    code = normal(row.code)
    for facts in tables.codes.get((row.system, code), []):
        if facts.valid_from <= row.on <= facts.valid_to:
            return Side(row.system, code, row.on, facts)
    return None


def _unknown(reason: str, **flags: bool) -> Verdict:
    return Verdict("none", "undetermined", "none", reason, **flags)  # type: ignore[arg-type]


def _compare(
    before: Side, after: Side, secondary: list[tuple[str, str]], tables: Tables
) -> Verdict:
    if before.system == after.system:
        return _same_system(before, after, secondary, tables)
    if before.system in ICD10 and after.system in ICD10:
        return _cross_variant(before, after, secondary, tables)
    return _through_crosswalk(before, after, tables)


def _same_system(
    before: Side, after: Side, secondary: list[tuple[str, str]], tables: Tables
) -> Verdict:
    inside = {code for system, code in secondary if system == after.system}
    near = {code[:3] for code in inside}
    coarse = _category_verdict(before, after, near)
    if _is_artifact(before, after, tables):
        return _final("coding_artifact", "full_code", "confirmed")
    if symptom(before.code) and symptom(after.code):
        relation = _relation(before, after, inside, tables)
        if relation == "unmapped":
            relation = "none"
        plain = _final(relation, "full_code", "undetermined")
        return replace(
            plain,
            machine_class="undetermined",
            reason="both_symptom",
            grade=None,
            undifferentiated=False,
            double_read=False,
            laterality_mismatch=_opposed(before, after) and relation == "D1",
        )
    relation = _relation(before, after, inside, tables)
    if relation == "unmapped":
        return replace(_unknown("ccsr_absent"), harmonised=coarse)
    verdict = _final(relation, "full_code", coarse)
    verdict = _raise_grade(verdict, before, after)
    return replace(verdict, laterality_mismatch=relation == "D1" and _opposed(before, after))


def _opposed(before: Side, after: Side) -> bool:
    sides = {before.facts.side, after.facts.side}
    return len(sides) == 2 and "" not in sides


def _is_artifact(before: Side, after: Side, tables: Tables) -> bool:
    """The later code replaced the earlier one between the two days."""
    for old, new in ((before, after), (after, before)):
        since = tables.conversion.get((old.system, old.code, new.code))
        if since is not None and old.on < since <= new.on and old.code != new.code:
            return True
    return False


def _relation(before: Side, after: Side, secondary: set[str], tables: Tables) -> str:
    move, first = behaviour_move(before.code, after.code)
    if move and first:
        return move
    if after.code != before.code and after.code in secondary:
        return "rank_swap"
    if move:
        return move
    return _structural(before, after, tables)


def _structural(before: Side, after: Side, tables: Tables) -> str:
    old, new = before.code, after.code
    if old == new:
        return "D0"
    if before.facts.concept == after.facts.concept:
        return "D1"
    if new.startswith(old):
        return "D2+"
    if old.startswith(new):
        return "D2-"
    if before.category == after.category:
        if before.facts.is_unspecified and not after.facts.is_unspecified:
            return "D2+"
        if after.facts.is_unspecified and not before.facts.is_unspecified:
            return "D2-"
    if symptom(old) != symptom(new):
        return "D7" if symptom(old) else "D8"
    if before.category == after.category:
        return "D3"
    return _across(before, after, tables)


def _across(before: Side, after: Side, tables: Tables) -> str:
    """D4 to D6, for codes of different categories."""
    chapters = chapter(before.code) == chapter(after.code)
    if before.system != CM:
        return "D5" if chapters else "D6"
    groups = tables.ccsr.get(before.code), tables.ccsr.get(after.code)
    if groups[0] is None or groups[1] is None:
        return "unmapped"
    if groups[0] == groups[1]:
        sites = site(before.code, tables), site(after.code, tables)
        apart = sites[0] != sites[1] and "" not in sites
        return "D4_other_site" if apart else "D4"
    return "D5" if chapters or groups[0][:3] == groups[1][:3] else "D6"


def _cross_variant(
    before: Side, after: Side, secondary: list[tuple[str, str]], tables: Tables
) -> Verdict:
    ends = {before.category, after.category}
    apart = CM in (before.system, after.system) and bool(ends & tables.lonely)
    if ends & DRIFTED or apart:
        return _unknown("category_exception", cross_variant=True)
    if symptom(before.code) and symptom(after.code):
        return _unknown("both_symptom", cross_variant=True)
    near = {code[:3] for _, code in secondary}
    relation = _category_relation(before, after, near)
    verdict = _final(relation, "category", _class(relation))
    return replace(_raise_grade(verdict, before, after), cross_variant=True)


def _through_crosswalk(before: Side, after: Side, tables: Tables) -> Verdict:
    """Translate the side outside ICD-10; only one possible category may be compared."""
    key = (before.system, before.code, after.system)
    targets = tables.crosswalk.get(key)
    if targets is None:
        back = tables.crosswalk.get((after.system, after.code, before.system))
        if back is None:
            return _unknown("crosswalk_absent")
        return _translated(back, before, after, True)
    return _translated(targets, before, after, False)


def _translated(targets: set[str], before: Side, after: Side, is_final: bool) -> Verdict:
    categories = {code[:3] for code in targets}
    if len(categories) != 1:
        return _unknown("crosswalk_ambiguous")
    code = min(targets)
    if is_final:
        after = replace(after, code=code)
    else:
        before = replace(before, code=code)
    if symptom(before.code) and symptom(after.code):
        return _unknown("both_symptom")
    relation = _category_relation(before, after, set())
    verdict = _final(relation, "crosswalk", _class(relation))
    return _raise_grade(verdict, before, after)


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


def _category_verdict(before: Side, after: Side, secondary: set[str]) -> str:
    if symptom(before.code) and symptom(after.code):
        return "undetermined"
    return _class(_category_relation(before, after, secondary))


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


def _final(relation: str, depth: str, harmonised: str) -> Verdict:
    return Verdict(
        relation,
        _class(relation),
        depth,
        grade=_grade(relation),
        harmonised=harmonised,
        rank_swap=relation == "rank_swap",
        less_specific=relation == "D2-",
        undifferentiated=relation == "D7",
        flip=relation == "flip",
        double_read=relation == "flip",
    )


def _raise_grade(verdict: Verdict, before: Side, after: Side) -> Verdict:
    """A symptom behind which a malignancy was found is refined, but never minor."""
    if verdict.relation == "D7" and behaviour(after.code) in ("malignant", "secondary", "in_situ"):
        return replace(verdict, grade=3, double_read=True)
    return verdict


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
