"""Sides, encounters and trimesters are read from the real list's titles, never from a position."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from warehouse.codebook import titles

Tree = dict[str, dict[str, object]]


@pytest.mark.parametrize(
    ("code", "concept", "laterality", "encounter"),
    [
        ("M1711", "M171", "right", ""),
        ("M1712", "M171", "left", ""),
        ("M1710", "M171", "unspecified", ""),
        ("M170", "M170", "", ""),
        ("C50911", "C5091", "right", ""),
        ("C563", "C56", "bilateral", ""),
        ("M25572", "M2557", "left", ""),
        ("H401111", "H4011-1", "right", ""),
        ("H401132", "H4011-2", "bilateral", ""),
        ("S82001A", "S8200", "right", "initial"),
        ("S82002S", "S8200", "left", "sequela"),
        ("T781XXD", "T781", "", "subsequent"),
        ("O0902", "O090", "", ""),
        ("O640XX3", "O640", "", ""),
        ("J45909", "J45909", "", ""),
        ("M5450", "M5450", "", ""),
    ],
)
def test_known_codes(tree: Tree, code: str, concept: str, laterality: str, encounter: str) -> None:
    found = tree[code]
    assert (found["concept_code"], found["laterality"], found["encounter"]) == (
        concept,
        laterality,
        encounter,
    )


def test_what_a_character_says_beside_the_side_stays(tree: Tree) -> None:
    """H02.01: 1, 2 right upper and lower lid, 4, 5 left; a fracture's B and C mean open."""
    concept = {code: row["concept_code"] for code, row in tree.items()}
    assert concept["H02011"] == concept["H02014"] != concept["H02012"] == concept["H02015"]
    closed, opened, wide = concept["S52001A"], concept["S52001B"], concept["S52001C"]
    assert len({closed, opened, wide}) == 3
    assert concept["S52002G"] == closed
    assert concept["S52002E"] == opened
    assert concept["S52009R"] == wide


def test_codes_of_one_concept_have_the_same_words(tree: Tree) -> None:
    """Independent of how it was derived: without words of place and time the titles agree."""
    words = re.compile(
        r"\b(right|left|bilateral|unspecified|both|eyes?|sides?|ears?|"
        r"(first|second|third) trimester|trimester|fetus \d|other fetus|not applicable or|"
        r"(initial|subsequent) encounter.*|sequela.*)\b",
        re.IGNORECASE,
    )
    groups: dict[object, set[str]] = defaultdict(set)
    for row in tree.values():
        if row["label"]:
            plain = words.sub("", str(row["label"]).lower())
            groups[row["concept_code"]].add(re.sub(r"[^a-z0-9]+|(?<=[a-z])s\b|es\b", "", plain))
    assert len(groups) > 20_000
    several = {concept: texts for concept, texts in groups.items() if len(texts) > 1}
    assert len(several) < 0.01 * len(groups), list(several.items())[:5]


def test_every_encounter_and_nearly_every_side_is_read(tree: Tree) -> None:
    titled = [row for row in tree.values() if row["label"]]
    for row in titled:
        is_said = re.search(r", (initial|subsequent) encounter", str(row["label"])) is not None
        assert not is_said or row["encounter"] in ("initial", "subsequent")
    side = re.compile(r"(?<!accidentally )\b(right|left)\b(?! (upper|lower) quadrant)")
    sided = [row for row in titled if side.search(str(row["label"]))]
    unread = [row for row in sided if not row["laterality"]]
    assert len(sided) > 25_000
    assert len(unread) < 0.01 * len(sided)


def test_an_unspecified_side_is_not_an_unspecified_disease(tree: Tree) -> None:
    assert not tree["M1710"]["is_unspecified"]
    assert not tree["M25569"]["is_unspecified"]
    assert tree["M179"]["is_unspecified"]
    assert tree["J45909"]["is_unspecified"]
    assert tree["C50911"]["is_unspecified"]
    assert tree["S82001A"]["is_unspecified"]


def test_a_word_alone_proves_nothing() -> None:
    """Without a sibling on the other side `right` is part of the disease."""
    found = titles.read({"I5081": "Right heart failure", "I501": "Left ventricular failure"})
    assert {reading.concept for reading in found.values()} == {"I5081", "I501"}
    assert not any(reading.values for reading in found.values())


def test_an_unspecified_complication_does_not_make_a_disease_unspecified(tree: Tree) -> None:
    """`with unspecified angina pectoris` says more than its sibling, not less."""
    assert not tree["I25119"]["is_unspecified"]
    assert not tree["E08311"]["is_unspecified"]
    assert tree["F10921"]["is_unspecified"]
    # the whole list: nothing but `with unspecified` in the title, nothing unspecified
    titles = {code: str(row["label"]).lower() for code, row in tree.items()}
    other = re.compile(r"unspecified")
    wrong = [
        code
        for code, title in titles.items()
        if tree[code]["is_unspecified"] and not other.search(title.replace("with unspecified", ""))
    ]
    assert wrong == []
