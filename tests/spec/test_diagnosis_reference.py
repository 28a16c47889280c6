"""The plain-Python relation says what the method's own examples say."""

from __future__ import annotations

from datetime import date

import pytest

from tests.spec.diagnosis_reading import Code, Diagnosis, Tables
from tests.spec.diagnosis_reference import Verdict, judge

CM, GM, WHO, NINE = "icd-10-cm", "icd-10-gm", "icd-10-who", "icd-9-cm"
DAY = date(2024, 1, 31)
LAST_OF_FY21, FIRST_OF_FY22 = date(2021, 9, 30), date(2021, 10, 1)


def cm(concept: str, side: str = "", vague: bool = False) -> list[Code]:
    return [Code(concept, side, vague)]


TABLES = Tables(
    codes={
        (CM, "M545"): [Code("M545", valid_to=LAST_OF_FY21)],
        (CM, "M5450"): [Code("M5450", is_unspecified=True, valid_from=FIRST_OF_FY22)],
        (CM, "M5116"): cm("M5116"),
        (CM, "M17"): [Code("M17", is_header=True)],
        (CM, "M1711"): cm("M171", "right"),
        (CM, "M1712"): cm("M171", "left"),
        (CM, "M1710"): cm("M171", "unspecified"),
        (CM, "M1731"): cm("M173", "right"),
        (CM, "M179"): cm("M179", vague=True),
        (CM, "M1611"): cm("M161", "right"),
        (CM, "S82001A"): cm("S8200", "right"),
        (CM, "S82001D"): cm("S8200", "right"),
        (CM, "C50911"): cm("C5091", "right", True),
        (CM, "C7981"): cm("C7981"),
        (CM, "C3490"): cm("C349", "unspecified", True),
        (CM, "D0511"): cm("D051", "right"),
        (CM, "D241"): cm("D24", "right"),
        (CM, "D259"): cm("D259", vague=True),
        (CM, "D4861"): cm("D486", "right"),
        (CM, "D3A090"): cm("D3A090"),
        (CM, "I2510"): cm("I2510"),
        (CM, "I10"): cm("I10"),
        (CM, "K219"): cm("K219"),
        (CM, "K8020"): cm("K8020"),
        (CM, "K811"): cm("K811"),
        (CM, "U071"): cm("U071"),
        (CM, "N920"): cm("N920"),
        (CM, "R079"): cm("R079", vague=True),
        (CM, "R109"): cm("R109", vague=True),
        (CM, "R05"): cm("R05"),
        (CM, "R69"): cm("R69"),
        (CM, "F1720"): cm("F1720"),
        (CM, "I639"): cm("I639", vague=True),
        (CM, "J45909"): cm("J45909", vague=True),
        (CM, "J4540"): cm("J4540"),
        (WHO, "M171"): cm("M171"),
        (WHO, "M170"): cm("M170"),
        (WHO, "M161"): cm("M161"),
        (WHO, "R074"): cm("R074"),
        (WHO, "C349"): cm("C349"),
        (WHO, "R05"): cm("R05"),
        (WHO, "I64"): cm("I64"),
        (WHO, "F172"): cm("F172"),
        (GM, "M17"): [Code("M17", is_header=True)],
        (GM, "M171"): cm("M171"),
        (GM, "I64"): cm("I64"),
        (GM, "I60"): cm("I60"),
        (WHO, "I60"): cm("I60"),
        (GM, "M161"): cm("M161"),
        (GM, "C349"): cm("C349"),
        (CM, "M532X6"): cm("M532X6"),
        (CM, "M4316"): cm("M4316"),
        (CM, "M5126"): cm("M5126"),
        (CM, "M5020"): cm("M5020"),
        (CM, "M4800"): cm("M4800"),
        (CM, "M5190"): cm("M5190"),
    },
    ccsr={
        code: (group, group[:3])
        for code, group in {
            "M1711": "MUS006",
            "M1611": "MUS006",
            "M5116": "MUS011",
            **dict.fromkeys(("M532X6", "M4316", "M5126", "M5020", "M4800", "M5190"), "MUS011"),
            "K8020": "DIG017",
            "K811": "DIG017",
            "K219": "DIG004",
            "I2510": "CIR011",
            "I10": "CIR007",
            "D241": "NEO073",
            "D259": "NEO073",
        }.items()
    },
    bridge={(CM, "M545", "M5450"): (LAST_OF_FY21, FIRST_OF_FY22)},
    crosswalk={
        (NINE, "71516", CM): {"M1710", "M1711"},
        (NINE, "7999", CM): {"R69", "I10"},
        (NINE, "0010", CM): {"A000"},
    },
    lonely={"I64", "D3A"},
    sites={
        **{"M17": "knee", "M16": "hip", "D24": "breast", "D25": "uterus"},
        **{"M50": "cervical", "M51": "lumbar", "M519": "", "M532X6": "lumbar", "M4316": "lumbar"},
    },
    families={"M51": {"decompression"}, "M532": {"fusion"}, "M431": {"fusion", "decompression"}},
    suffixes={
        GM: {
            **{"R": ("laterality", "right"), "L": ("laterality", "left")},
            **{"G": ("certainty", "assured"), "V": ("certainty", "suspected")},
            **{"A": ("certainty", "excluded"), "Z": ("certainty", "past")},
            **dict.fromkeys("+*!-", ("mark", "")),
        }
    },
    complete={CM: [(date(2015, 10, 1), date.max)]},
)


def one(system: str, code: str, day: date = DAY) -> list[Diagnosis]:
    return [Diagnosis(system, code, day)]


def some(system: str, codes: str) -> list[Diagnosis]:
    """Diagnoses of one opinion, divided by `,`; the first is the primary."""
    return [Diagnosis(system, code, DAY) for code in codes.split(",") if code]


def pair(old: str, new: str) -> Verdict:
    """Two ICD-10-CM codes on the same day; `,` separates secondary diagnoses."""
    return judge(some(CM, old), some(CM, new), TABLES)


def test_a_split_code_is_a_coding_artifact() -> None:
    verdict = judge(
        one(CM, "M54.5", date(2021, 9, 15)), one(CM, "M54.50", date(2021, 11, 2)), TABLES
    )
    assert (verdict.relation, verdict.machine_class) == ("coding_artifact", "confirmed")
    assert (verdict.grade, verdict.harmonised) == (0, "confirmed")


# The acceptance examples of the method, and the rulings on them.
@pytest.mark.parametrize(
    ("old", "new", "relation", "machine", "grade", "flags"),
    [
        ("M54.50", "M51.16", "D7", "refined", 1, {"undifferentiated"}),
        ("M17.11", "M17.12", "D1", "confirmed", 0, {"laterality_mismatch"}),
        ("M17.9", "M17.11", "D2+", "refined", 1, set()),
        ("C50.911", "D24.1", "flip", "changed", 4, {"flip", "double_read"}),
        ("D48.61", "C50.911", "resolved_malignant", "changed", 3, set()),
        ("I25.10", "R07.9", "D8", "changed", 2, set()),
        ("J45.909", "J45.40", "D2+", "refined", 1, set()),
        # the same, written carelessly
        (" m17.11", "M1711", "D0", "confirmed", 0, set()),
        ("M17.11", "M17.9", "D2-", "confirmed", 0, {"less_specific"}),
        ("M17.11", "M17.10", "D1", "confirmed", 0, set()),
        ("S82.001A", "S82.001D", "D1", "confirmed", 0, set()),
        ("M17.11", "M17.31", "D3", "refined", 1, set()),
        ("K80.20", "K81.1", "D4", "refined", 1, set()),
        ("M17.11", "M16.11", "D4_other_site", "changed", 2, set()),
        ("D24.1", "D25.9", "D4_other_site", "changed", 2, set()),
        ("K80.20", "K21.9", "D5", "changed", 2, set()),
        ("I25.10", "I10", "D5", "changed", 2, set()),
        ("K80.20", "I10", "D6", "changed", 2, set()),
        # behaviour
        ("C50.911", "C79.81", "primary_secondary", "changed", 3, set()),
        ("C50.911", "D05.11", "downgrade", "changed", 3, set()),
        ("C50.911", "D48.61", "decertify_malignant", "changed", 3, set()),
        ("C50.911", "I10", "flip", "changed", 4, {"flip", "double_read"}),
        ("C50.911", "R05", "flip", "changed", 4, {"flip", "double_read"}),
        ("D05.11", "C50.911", "upgrade", "changed", 3, set()),
        ("D05.11", "D24.1", "flip", "changed", 4, {"flip", "double_read"}),
        ("D05.11", "D48.61", "decertify", "refined", 2, set()),
        ("D24.1", "C50.911", "flip", "changed", 4, {"flip", "double_read"}),
        ("D24.1", "D48.61", "upcertify", "refined", 2, set()),
        ("D25.9", "N92.0", "not_neoplasm", "changed", 2, set()),
        ("D48.61", "D24.1", "resolved", "refined", 2, set()),
        ("D3A.090", "C50.911", "flip", "changed", 4, {"flip", "double_read"}),
        ("R05", "C34.90", "D7", "refined", 3, {"undifferentiated", "double_read"}),
        ("I10", "C34.90", "new_malignancy", "changed", 3, set()),
        # ranks
        ("M17.11,M16.11", "M16.11", "rank_swap", "refined", 1, {"rank_swap"}),
        ("M17.11,M16.11", "M17.11", "D0", "confirmed", 0, set()),
        ("D24.1,C50.911", "C50.911,D24.1", "flip", "changed", 4, {"flip", "double_read"}),
        ("I10,C34.90", "C34.90", "new_malignancy", "changed", 3, set()),
        ("D25.9,N92.0", "N92.0,D25.9", "rank_swap", "refined", 1, {"rank_swap"}),
        ("M17.11", "M17.11,I10", "D0", "confirmed", 0, {"added_dx"}),
    ],
)
def test_pairs(
    old: str, new: str, relation: str, machine: str, grade: int, flags: set[str]
) -> None:
    verdict = pair(old, new)
    assert (verdict.relation, verdict.machine_class, verdict.grade) == (relation, machine, grade)
    assert flags_of(verdict) == flags
    assert (verdict.depth, verdict.reason) == ("full_code", None)


def flags_of(verdict: Verdict) -> set[str]:
    return {name for name, value in vars(verdict).items() if value is True}


@pytest.mark.parametrize(
    ("initial", "final", "insufficient", "reason"),
    [
        ([], one(CM, "M17.11"), False, "missing_primary"),
        (one(CM, "M17.11"), [], True, "missing_primary"),
        (one(CM, "ZZZ"), one(CM, "M17.11"), True, "invalid_code"),
        (one(CM, "M17"), one(CM, "M17.11"), False, "invalid_code"),
        (one(CM, "M54.5"), one(CM, "M51.16"), False, "invalid_code"),
        (one(GM, "Q00.99"), one(GM, "M17.1"), False, "release_missing"),
        (one(CM, "M17.11"), one(CM, "M17.11"), True, "insufficient_information"),
        (one(CM, "R69"), one(CM, "M17.11"), False, "unknown_illness"),
        (one(WHO, "I64"), one(CM, "I63.9"), False, "category_exception"),
        (one(WHO, "F17.2"), one(CM, "F17.20"), False, "category_exception"),
        (one(NINE, "496"), one(CM, "M17.11"), False, "crosswalk_absent"),
        (one(NINE, "799.9"), one(CM, "I10"), False, "crosswalk_ambiguous"),
        # what it means is not in the list
        (one(NINE, "001.0"), one(CM, "I10"), False, "crosswalk_ambiguous"),
        # a code the pinned CCSR release does not know
        (one(CM, "U07.1"), one(CM, "M17.11"), False, "ccsr_absent"),
    ],
)
def test_what_cannot_be_told(
    initial: list[Diagnosis], final: list[Diagnosis], insufficient: bool, reason: str
) -> None:
    verdict = judge(initial, final, TABLES, insufficient)
    assert (verdict.machine_class, verdict.reason) == ("undetermined", reason)
    assert (verdict.relation, verdict.depth, verdict.grade) == ("none", "none", None)


def test_two_symptoms_say_nothing_even_when_equal() -> None:
    verdict = pair("R10.9", "R10.9")
    assert (verdict.relation, verdict.machine_class) == ("D0", "undetermined")
    assert (verdict.reason, verdict.harmonised) == ("both_symptom", "undetermined")


@pytest.mark.parametrize(
    ("old", "new", "relation", "machine"),
    [
        ((WHO, "M17.1"), (CM, "M17.11"), "D0", "confirmed"),
        ((WHO, "M17.0"), (CM, "M17.11"), "D0", "confirmed"),
        ((WHO, "M16.1"), (CM, "M17.11"), "D5", "changed"),
        ((WHO, "R07.4"), (CM, "I25.10"), "D7", "refined"),
        ((CM, "I25.10"), (WHO, "R07.4"), "D8", "changed"),
        ((CM, "I10"), (WHO, "C34.9"), "new_malignancy", "changed"),
        ((GM, "I60"), (WHO, "I60"), "D0", "confirmed"),
    ],
)
def test_variants_meet_at_the_category(
    old: tuple[str, str], new: tuple[str, str], relation: str, machine: str
) -> None:
    verdict = judge(one(*old), one(*new), TABLES)
    assert (verdict.relation, verdict.machine_class) == (relation, machine)
    assert (verdict.depth, verdict.cross_variant, verdict.double_read) == ("category", True, True)
    assert verdict.harmonised == machine


def test_another_revision_needs_its_crosswalk() -> None:
    verdict = judge(one(NINE, "715.16"), one(CM, "M17.11"), TABLES)
    assert (verdict.relation, verdict.machine_class, verdict.depth) == (
        "D0",
        "confirmed",
        "crosswalk",
    )
    back = judge(one(CM, "I10"), one(NINE, "715.16"), TABLES)
    assert (back.relation, back.machine_class) == ("D6", "changed")


def test_a_header_is_a_less_specific_code_where_it_may_be_written() -> None:
    assert judge(one(GM, "M17"), one(GM, "M17.1"), TABLES).relation == "D2+"


def test_a_letter_behind_the_code_names_the_side() -> None:
    verdict = judge(one(GM, "M17.1RG"), one(GM, "M17.1L"), TABLES)
    assert (verdict.relation, verdict.machine_class) == ("D0", "confirmed")
    assert verdict.laterality_mismatch


def test_the_same_clinical_pair_has_one_harmonised_class() -> None:
    here = judge(one(CM, "K80.20"), one(CM, "K81.1"), TABLES)
    assert (here.machine_class, here.harmonised) == ("refined", "changed")
    cough = judge(one(WHO, "R05"), one(WHO, "C34.9"), TABLES)
    assert pair("R05", "C34.90").harmonised == cough.harmonised == "refined"
    assert cough.grade == 3
    unmapped = judge(one(CM, "U07.1"), one(CM, "M17.11"), TABLES)
    assert unmapped.harmonised == "changed"


@pytest.mark.parametrize(
    ("old", "new", "relation", "machine", "reason"),
    [
        # the same disease, more surely
        ("M17.1 V", "M17.1 G", "D0", "confirmed", None),
        ("M17.1G R", "M17.1RG", "D0", "confirmed", None),
        # an excluded disease: the initial one, one around it, another one
        ("M17.1 G", "M17.1 A", "D8", "changed", None),
        ("M17.1 G", "M17 A", "D8", "changed", None),
        ("M17.1 G", "M16.1 A", "none", "undetermined", "missing_primary"),
        ("M17.1 A", "M17.1 G", "none", "undetermined", "missing_primary"),
        ("C34.9 G", "C34.9 A", "flip", "changed", None),
        ("M17.1 Z", "M17.1 G", "none", "undetermined", "past_diagnosis"),
        ("M17.1 Z", "M17.1 Z", "D0", "confirmed", None),
        # marks and placeholders
        ("M17.-", "M17.1+", "D2+", "refined", None),
        ("M17.1*", "M17.1!", "D0", "confirmed", None),
        # two letters about the same thing are none
        ("M17.1 GA", "M17.1 G", "none", "undetermined", "release_missing"),
        ("M17.1 RL", "M17.1 G", "none", "undetermined", "release_missing"),
        # secondary diagnoses that are not there
        ("M17.1,M16.1A", "M16.1", "D5", "changed", None),
        ("M17.1,M16.1V", "M16.1", "rank_swap", "refined", None),
    ],
)
def test_certainty_of_a_german_code(
    old: str, new: str, relation: str, machine: str, reason: str | None
) -> None:
    before, after = (some(GM, text) for text in (old, new))
    verdict = judge(before, after, TABLES)
    assert (verdict.relation, verdict.machine_class) == (relation, machine)
    assert verdict.reason == reason
    assert verdict.suspected == (old.endswith(" V"))


def test_letters_of_one_country_stay_in_another() -> None:
    """The seventh character A of ICD-10-CM is an encounter, and part of the code."""
    assert pair("S82.001A", "S82.001A").relation == "D0"
    assert pair("M17.11A", "M17.11").reason == "invalid_code"


def test_an_excluded_or_past_diagnosis_is_not_added() -> None:
    initial = one(GM, "M17.1")
    for code, added in (("M16.1", True), ("M16.1 V", True), ("M16.1 A", False), ("M16.1Z", False)):
        final = [*initial, *one(GM, code)]
        assert judge(initial, final, TABLES).added_dx is added


@pytest.mark.parametrize(
    ("old", "new", "relation", "machine"),
    [
        ("M17.11", "", "D8", "changed"),
        ("M17.11", "M17.11", "D8", "changed"),
        ("M17.11", "M16.11", "D8", "changed"),
        # the examples' order of precedence: a flip, a rank swap, then the statement
        ("C50.911", "", "flip", "changed"),
        ("M17.11,M16.11", "M16.11", "rank_swap", "refined"),
        ("I10", "C34.90", "new_malignancy", "changed"),
        ("R10.9", "", "D8", "changed"),
        ("", "M17.11", "none", "undetermined"),
        ("ZZZ", "", "none", "undetermined"),
    ],
)
def test_a_diagnosis_that_is_not_supported(old: str, new: str, relation: str, machine: str) -> None:
    before, after = (some(CM, text) for text in (old, new))
    verdict = judge(before, after, TABLES, unsupported=True)
    assert (verdict.relation, verdict.machine_class) == (relation, machine)


@pytest.mark.parametrize(
    ("old", "new", "relation", "reason"),
    [
        ("M50.20", "M51.26", "D4_other_site", None),
        ("M53.2X6", "M51.26", "D4_other_family", None),
        ("M43.16", "M51.26", "D4", None),
        # the level of one is not known; of both
        ("M48.00", "M51.26", "D4", "site_unknown"),
        ("M48.00", "M51.90", "D4", None),
        # no rule of sites in this group
        ("K80.20", "K81.1", "D4", None),
    ],
)
def test_sites_and_procedures_of_one_group(
    old: str, new: str, relation: str, reason: str | None
) -> None:
    verdict = pair(old, new)
    assert (verdict.relation, verdict.reason) == (relation, reason)
    assert (verdict.machine_class == "undetermined") == (reason is not None)


def test_a_category_that_drifts_is_harmonised_nowhere() -> None:
    """Neither between two countries that share it nor within one."""
    abroad = judge(one(GM, "I64"), one(WHO, "I64"), TABLES)
    assert (abroad.machine_class, abroad.harmonised) == ("confirmed", "undetermined")
    here = pair("F17.20", "F17.20")
    assert (here.machine_class, here.harmonised) == ("confirmed", "undetermined")
