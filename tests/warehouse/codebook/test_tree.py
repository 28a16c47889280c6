"""The tree of a code list: nodes, parents, chapters, behaviours, symptoms."""

from __future__ import annotations

import csv
import gzip

import pytest

from tests.warehouse.codebook.conftest import CODES_2024, FILES
from warehouse import reference_data
from warehouse.codebook import diagnosis, read, rules
from warehouse.codebook.diagnosis import Entry
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.kinds import code_systems

Tree = dict[str, dict[str, object]]


def test_every_listed_code_is_a_node_and_nothing_listed_is_a_header(tree: Tree) -> None:
    text = gzip.decompress(CODES_2024.read_bytes()).decode()
    listed = {line.split()[0] for line in text.splitlines()}
    assert len(listed) == 74_044
    headers = {code for code, row in tree.items() if row["is_header"]}
    assert set(tree) == listed | headers
    assert not listed & headers


def test_each_code_hangs_under_its_longest_existing_prefix(tree: Tree) -> None:
    for code, row in tree.items():
        parent = row["parent_code"]
        assert (parent is None) == (len(code) == 3)
        assert row["category"] == code[:3]
        if parent is not None:
            assert code.startswith(str(parent)) and tree[str(parent)]["is_header"]


@pytest.mark.parametrize(
    ("code", "parents"),
    [
        ("M1711", ["M171", "M17"]),
        ("T781XXA", ["T781", "T78"]),
        ("T408X1A", ["T408X1", "T408X", "T408", "T40"]),
        ("O640XX1", ["O640", "O64"]),
        ("S82001A", ["S82001", "S8200", "S820", "S82"]),
    ],
)
def test_known_parents(tree: Tree, code: str, parents: list[str]) -> None:
    found = []
    above = tree[code]["parent_code"]
    while above is not None:
        found.append(above)
        above = tree[str(above)]["parent_code"]
    assert found == parents


@pytest.mark.parametrize(
    ("code", "behaviour", "is_secondary"),
    [
        ("C50911", "malignant", False),
        ("C7801", "malignant", True),
        ("C7B01", "malignant", True),
        ("C7A010", "malignant", False),
        ("C4A0", "malignant", False),
        ("D0511", "in_situ", False),
        ("D241", "benign", False),
        ("D3A00", "benign", False),
        ("D4861", "uncertain", False),
        ("D493", "unspecified", False),
        ("D500", "", False),
    ],
)
def test_behaviour(tree: Tree, code: str, behaviour: str, is_secondary: bool) -> None:
    row = tree[code]
    assert (row["behaviour"], row["is_secondary_neoplasm"]) == (behaviour, is_secondary)


def test_behaviours_follow_the_chapter_of_neoplasms(tree: Tree) -> None:
    for code, row in tree.items():
        assert (row["behaviour"] != "") == (row["chapter"] == 2), code


def test_symptoms(tree: Tree) -> None:
    for code, row in tree.items():
        listed = code[0] == "R" or code[:4] == "M255" or code[:3] in ("M54", "Z03", "Z04")
        assert row["is_symptom"] == listed, code


def test_every_category_has_a_chapter_and_a_condition(tree: Tree) -> None:
    letters = {1: "AB", 4: "E", 5: "F", 9: "I", 13: "M", 15: "O", 18: "R", 21: "Z", 22: "U"}
    for code, row in tree.items():
        assert row["chapter"] in range(1, 23), code
        assert row["condition_group"] not in ("", "other"), code
        for chapter, first in letters.items():
            assert (row["chapter"] == chapter) == (code[0] in first), code


def test_what_ships_says_what_the_rules_derive() -> None:
    with (reference_data.FOLDER / "diagnosis_code.csv").open() as stream:
        shipped = list(csv.DictReader(stream))
    assert len(shipped) > 200
    for row in shipped:
        family = code_systems()[row["code_system"]].family
        assert rules.is_symptom(family, row["code"]) == (row["is_symptom"] == "true"), row
        assert rules.condition_group(family, row["code"]) == row["condition_group"], row
        assert row["category"] == row["code"][:3]


def test_what_ships_has_the_concepts_of_the_whole_list(tree: Tree) -> None:
    """Codes that share a concept in the short list share one in the long list."""
    with (reference_data.FOLDER / "diagnosis_code.csv").open() as stream:
        shipped = [r for r in csv.DictReader(stream) if r["code_system"] == "icd-10-cm"]
    both = [r for r in shipped if r["code"] in tree and not tree[r["code"]]["is_header"]]
    assert len(both) > 80
    for one in both:
        for other in both:
            in_short = one["concept_code"] == other["concept_code"]
            in_long = tree[one["code"]]["concept_code"] == tree[other["code"]]["concept_code"]
            assert in_short == in_long, (one["code"], other["code"])


def test_a_national_list_without_american_titles() -> None:
    """No side or encounter is read; the fourth character 9 says unspecified."""
    entries = [record.values for record in read.code_csv(FILES / "icd_10_gm.csv").records]
    rows = diagnosis.rows(code_systems()["icd-10-gm"], entries)
    found = {row[1]: dict(zip(diagnosis.COLUMNS, row, strict=True)) for row in rows}
    assert found["M179"]["is_unspecified"] and not found["M171"]["is_unspecified"]
    assert found["M17"]["is_header"] and not found["M171"]["is_header"]
    assert found["K4090"]["parent_code"] == "K409" and found["K409"]["parent_code"] == "K40"
    assert all(row["concept_code"] == code for code, row in found.items())
    assert found["D486"]["behaviour"] == "uncertain"
    assert found["R074"]["is_symptom"] and found["M545"]["is_symptom"]


def test_what_a_file_says_itself_wins() -> None:
    given = {"concept_code": "M17", "laterality": "left", "condition_group": "own"}
    entry = Entry("M171", "x", 2, given=given | {"is_symptom": "true"})
    _, cells = diagnosis.rows(code_systems()["icd-10-am"], [entry])
    row = dict(zip(diagnosis.COLUMNS, cells, strict=True))
    assert {name: row[name] for name in given} == given
    assert row["is_symptom"]


def test_a_side_nobody_knows_is_refused() -> None:
    with pytest.raises(ReferenceRefused, match="E-REF-VALUE in line 7"):
        diagnosis.rows(
            code_systems()["icd-10-am"], [Entry("M17", "", 7, given={"laterality": "R"})]
        )
