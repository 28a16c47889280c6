"""The forms publishers use beside those of the samples say the same."""

from __future__ import annotations

import zipfile
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.codebook.conftest import CODES_2024, NEEDS_SAMPLES, REFERENCE
from tests.warehouse.codebook.test_samples import raw_rows, raw_text
from warehouse.codebook import read
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.load import load

pytestmark = NEEDS_SAMPLES
FACTS = (
    "code, category, parent_code, is_header, concept_code, laterality, encounter, is_symptom,"
    " is_unspecified, chapter, behaviour, condition_group"
)


def order_file(path: Path, tree: dict[str, dict[str, object]]) -> Path:
    """The publisher's second form: also the nodes above, with a flag, a short and a long title."""
    with path.open("w") as out:
        for n, (code, row) in enumerate(sorted(tree.items()), 1):
            title = str(row["label"]) or "Node"
            flag = 0 if row["is_header"] else 1
            out.write(f"{n:05} {code:<7} {flag} {title[:60]:<60} {title}\n")
    return path


def facts(conn: psycopg.Connection) -> list[tuple[object, ...]]:
    return conn.execute(
        f"select {FACTS} from reference.diagnosis_code"
        " where code_system = 'icd-10-cm' and valid_from <= '2023-10-01'"
        " and coalesce(valid_to, '9999-12-31') >= '2023-10-01' order by code".encode()
    ).fetchall()


def test_order_file_and_codes_file_say_the_same(
    owner: psycopg.Connection, tmp_path: Path, tree: dict[str, dict[str, object]]
) -> None:
    load(owner, "icd-10-cm", "FY2024", CODES_2024)
    from_codes = facts(owner)
    found = load(owner, "icd-10-cm", "FY2024", order_file(tmp_path / "order.txt", tree))
    assert (found.state, found.rows) == ("loaded", len(tree))
    assert facts(owner) == from_codes
    assert len(from_codes) == len(tree)


def test_tables_of_procedures_are_no_procedures(owner: psycopg.Connection, tmp_path: Path) -> None:
    lines = raw_text("icd/icd10pcs-codes-2024.txt.gz")
    rows = ["00001 001     0 Table" + " " * 56 + "Table"]
    for n, line in enumerate(lines, 2):
        code, title = line.split(maxsplit=1)
        rows.append(f"{n:05} {code:<7} 1 {title[:60]:<60} {title}")
    path = tmp_path / "order.txt"
    path.write_text("\n".join(rows))
    load(owner, "icd-10-pcs", "FY2024", path)
    stored = owner.execute(
        "select count(*), min(length(code)) from reference.catalogue"
        " where code_system = 'icd-10-pcs'"
    ).fetchone()
    assert stored == (len(lines), 7)


def test_equivalence_as_text(tmp_path: Path) -> None:
    name = "icd/icd9toicd10cmgem.csv.gz"
    path = tmp_path / "gem.txt"
    path.write_text(
        "".join(f"{r['icd9cm']:<5} {r['icd10cm']:<7} {r['flags']}\n" for r in raw_rows(name))
    )
    as_text, as_table = read.gem(path), read.gem(REFERENCE / name)
    assert as_text.skipped == as_table.skipped
    assert [r.values for r in as_text.records] == [r.values for r in as_table.records]


def test_a_zip_holds_one_file(tmp_path: Path) -> None:
    path = tmp_path / "codes.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("codes.txt", "A000    Cholera\nA001    Another\n")
    assert [record.code for record in read.icd_text(path).records] == ["A000", "A001"]
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.txt", "A009    Third\n")
    with pytest.raises(ReferenceRefused, match="E-REF-UNREADABLE"):
        read.icd_text(path)


def test_dots_case_and_spaces_of_codes_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Code,Label\nm17.1,a\n M17.9 ,b\n")
    assert [record.code for record in read.code_csv(path).records] == ["M171", "M179"]
