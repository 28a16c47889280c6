"""The same content in other forms that senders use gives the same figures, for every family."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.check import check_file
from tests.ingestion.samples import HAS_SAMPLES, files, text
from tests.ingestion.x12_files import HEAD_837, X12, claim, interchange
from tests.ingestion.x12_files import text as segments

pytestmark = pytest.mark.skipif(
    not HAS_SAMPLES, reason="the public sample files are not beside this checkout"
)
DELIMITED = [
    "bfd_rif/synthea_head/carrier.csv", "bfd_rif/synthea_2022_07/inpatient.csv",
    "bfd_rif/synthea_2022_07/pde.csv", "bfd_rif/synthea_head/beneficiary_2015.csv",
    "bfd_rif/synthea_2022_07/beneficiary_history.csv",
    "desynpuf/members_500_split/DE1_0_2008_Beneficiary_Summary_File_Sample_TestB.csv",
    "desynpuf/members_500_split/DE1_0_2008_to_2010_Inpatient_Claims_Sample_TestB.csv",
    "synthea_csv/v3_0_layout/claims_transactions.csv.gz", "synthea_csv/v3_2_layout/claims.csv",
    "synthea_csv/v3_2_layout/payer_transitions.csv", "synthea_csv/v3_0_layout/encounters.csv",
    "synthea_csv/v3_2_layout/patients.csv", "synthea_csv/v3_0_layout/observations.csv",
    "tuva_demo/v2023_05/medical_claim.csv", "tuva_demo/v2023_05/eligibility.csv",
    "tuva_demo/v2026_03/medical_claim.csv", "tuva_demo/v2026_03/eligibility.csv",
]  # fmt: skip
Table = list[list[str]]


def figures(path: Path, but: tuple[str, ...] = ()) -> dict[str, Any]:
    report = check_file(path).as_json()
    return {name: value for name, value in report.items() if name not in ("path", *but)}


def reversed_columns(table: Table) -> Table:
    return [row[::-1] for row in table]


def one_column_more(table: Table) -> Table:
    return [[row[0], "A_NEW_COLUMN" if at == 0 else "x", *row[1:]] for at, row in enumerate(table)]


def other_case(table: Table) -> Table:
    return [[name.swapcase() for name in table[0]], *table[1:]]


def rows_backwards(table: Table) -> Table:
    return [table[0], *table[:0:-1]]


TABLES = [reversed_columns, one_column_more, other_case, rows_backwards]


def delimiter_of(path: Path) -> str:
    return "|" if "bfd_rif" in path.parts else ","


def table_of(path: Path) -> Table:
    return [row for row in csv.reader(text(path).splitlines(), delimiter=delimiter_of(path)) if row]


def written(table: Table, delimiter: str, end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(table)  # type: ignore[call-overload]
    return out.getvalue()


EACH = pytest.mark.parametrize("name", DELIMITED)


@EACH
@pytest.mark.parametrize("change", TABLES, ids=lambda one: one.__name__)
def test_columns_and_rows_in_another_order(
    name: str, change: Callable[[Table], Table], tmp_path: Path
) -> None:
    (source,) = files(name)
    path = tmp_path / source.name.removesuffix(".gz")
    path.write_text(written(change(table_of(source)), delimiter_of(source)))
    assert figures(path) == figures(source)


@EACH
def test_line_ends_quotes_marks_and_packing(name: str, tmp_path: Path) -> None:
    (source,) = files(name)
    table, delimiter = table_of(source), delimiter_of(source)
    plain = written(table, delimiter).encode()
    quoted = written(table, delimiter, "\r\n", csv.QUOTE_ALL).encode()
    forms = {
        "crlf": plain.replace(b"\n", b"\r\n"),
        "quoted, mark, crlf": b"\xef\xbb\xbf" + quoted,
        "blank lines": plain.replace(b"\n", b"\n\n"),
        "no last line end": plain.removesuffix(b"\n"),
        "gzip in members": gzip.compress(plain[:5000]) + gzip.compress(plain[5000:]),
        "zip": zipped(quoted),
    }
    want = figures(source)
    for form, content in forms.items():
        path = tmp_path / source.name.removesuffix(".gz")
        path.write_bytes(content)
        assert figures(path) == want, form


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._x", b"\0")
        archive.writestr("folder/some name.txt", content)
    return out.getvalue()


@EACH
def test_columns_that_decide_nothing_may_be_missing(name: str, tmp_path: Path) -> None:
    """Every column whose loss `check` does not refuse may go without changing rows or members."""
    (source,) = files(name)
    table, want = table_of(source), figures(source)
    path = tmp_path / source.name.removesuffix(".gz")
    few = table[:40]
    path.write_text(written(few, delimiter_of(source)))
    whole = figures(path)
    rng = random.Random(name)
    for column in rng.sample(range(len(few[0])), min(12, len(few[0]))):
        less = [row[:column] + row[column + 1 :] for row in few]
        path.write_text(written(less, delimiter_of(source)))
        seen = figures(path)
        if seen["refused"] is None:
            assert (seen["layout"], seen["feed"]) == (want["layout"], want["feed"])
            assert (seen["rows"], seen["accepted"]) == (whole["rows"], whole["accepted"])


def test_any_name_of_a_file_will_do(tmp_path: Path) -> None:
    for at, name in enumerate(DELIMITED):
        if "Beneficiary" in name:
            continue  # the only ones whose name says something: their year
        (source,) = files(name)
        path = tmp_path / f"{at}.dat"
        path.write_bytes(source.read_bytes())
        assert figures(path) == figures(source)


@pytest.mark.parametrize("number", ["1", "20"])
def test_other_samples_of_synpuf_are_named_by_their_publisher(number: str, tmp_path: Path) -> None:
    for source in files("desynpuf/members_500_split/*"):
        path = tmp_path / source.name.replace("TestB", number)
        path.write_bytes(source.read_bytes())
        assert figures(path) == figures(source)


# ── FHIR ──────────────────────────────────────────────────────────────────────────────────────

FHIR = [
    "fhir_r4/ab2d_c4bb_v2/ExplanationOfBenefit.ndjson",
    "fhir_r4/ab2d_c4bb_v3/ExplanationOfBenefit.ndjson",
    "fhir_r4/bcda_2024/explanationofbenefit_20240807_1.ndjson",
    "fhir_r4/synthea_v3_2/ExplanationOfBenefit.ndjson.gz", "fhir_r4/synthea_v3_2/Claim.ndjson.gz",
    "fhir_r4/synthea_v3_2/Encounter.ndjson", "fhir_r4/smart_bulk_10/Patient.000.ndjson",
    "fhir_r4/bcda_public/Coverage.ndjson.gz",
]  # fmt: skip
Resource = dict[str, Any]


class Exact(float):
    """A JSON decimal that is written as it was read."""

    def __new__(cls, digits: str) -> Exact:
        made = super().__new__(cls, digits)
        made.digits = digits  # type: ignore[attr-defined]
        return made

    def __repr__(self) -> str:
        return str(self.digits)  # type: ignore[attr-defined]


def resources(path: Path) -> list[Resource]:
    lines = text(path).splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines if line.strip()]


def dumped(resource: Any) -> str:
    """JSON with decimals digit by digit."""
    if isinstance(resource, dict):
        body = ", ".join(f"{json.dumps(key)} : {dumped(value)}" for key, value in resource.items())
        return "{" + body + "}"
    if isinstance(resource, list):
        return "[" + ",".join(map(dumped, resource)) + "]"
    return f"{resource:f}" if isinstance(resource, Decimal) else json.dumps(resource)


def keys_backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: keys_backwards(value[key]) for key in reversed(value)}
    return [keys_backwards(one) for one in value] if isinstance(value, list) else value


def without_profile(value: Resource) -> Resource:
    meta = {key: one for key, one in value.get("meta", {}).items() if key != "profile"}
    return {**value, "meta": meta}


def with_narrative(value: Resource) -> Resource:
    note = {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"}
    organisation = {"resourceType": "Organization", "id": "extra", "name": "x"}
    return {**value, "text": note, "contained": [*value.get("contained", []), organisation]}


def with_foreign_extension(value: Resource) -> Resource:
    extra = {"url": "https://example.org/extension", "valueDecimal": Decimal("1.5")}
    return {**value, "extension": [*value.get("extension", []), extra], "language": "en"}


CHANGES = [keys_backwards, without_profile, with_narrative, with_foreign_extension]


@pytest.mark.parametrize("name", FHIR)
@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_resources_written_otherwise(
    name: str, change: Callable[[Resource], Resource], tmp_path: Path
) -> None:
    (source,) = files(name)
    path = tmp_path / "export_0.json"
    changed = [dumped(change(one)) for one in resources(source)]
    path.write_text("\r\n".join(changed) + "\r\n\n")
    assert figures(path) == figures(source)


@pytest.mark.parametrize("name", FHIR)
def test_an_export_in_several_files_adds_up(name: str, tmp_path: Path) -> None:
    (source,) = files(name)
    lines = text(source).splitlines(keepends=True)
    parts = []
    for at in range(3):
        path = tmp_path / f"part_{at}.ndjson"
        path.write_text("".join(lines[at::3]))
        parts.append(figures(path))
    want = figures(source)
    assert sum(part["rows"] for part in parts) == want["rows"]
    assert sum(part["claims"] for part in parts) == want["claims"]
    for amount in ("charge_amount", "paid_amount"):
        if want[amount] is not None:
            total = sum((Decimal(part[amount]) for part in parts), Decimal(0))
            assert total == Decimal(want[amount])


# ── X12 ───────────────────────────────────────────────────────────────────────────────────────

INTERCHANGES = [
    "hccinfhir/837/sample_837_0.txt", "stupidedi/837i_5010/ppo-repriced-claim.edi",
    "stupidedi/837d_5010/sales-tax.edi", "linuxforhealth/835_5010/managed-care.835",
    "pyx12/835_mult_loops.txt", "pyx12/834_deident_family.txt",
    "linuxforhealth/837_4010_004010X096A1/workers-compensation.837",
]  # fmt: skip
# element, component, repetition separator and terminator
SEPARATORS = [
    ("|", ">", "!", "\n"), ("\x1d", "\x1f", "^", "\x1c"), ("*", ":", "^", "'\r\n"),
    ("+", "<", "%", "~\n\n   "),
]  # fmt: skip


@pytest.mark.parametrize("name", INTERCHANGES)
@pytest.mark.parametrize("marks", SEPARATORS, ids=["newline", "control", "apostrophe", "indent"])
def test_separators_are_read_from_the_interchange(
    name: str, marks: tuple[str, str, str, str], tmp_path: Path
) -> None:
    source = X12 / name
    body = source.read_text().lstrip()
    old_element, old_component, old_end = body[3], body[104], body[105]
    element, component, repetition, end = marks
    made = []
    for one in (part.strip() for part in body.split(old_end) if part.strip()):
        is_head = one.startswith("ISA")
        cells = one.split(old_element)
        if is_head:
            cells[16] = component
            cells[11] = repetition if cells[11] != "U" else "U"
        else:
            cells = [cell.replace(old_component, component) for cell in cells]
        made.append(element.join(cells))
    path = tmp_path / "file.edi"
    path.write_bytes((end.join(made) + end).encode())
    assert figures(path) == figures(source)


def test_several_sets_groups_and_interchanges_add_up(tmp_path: Path) -> None:
    """Six claims: in one set; one a set; one an interchange."""
    numbers = [f"C{n}" for n in range(6)]
    bodies = [[*HEAD_837, *claim(number, member=f"M{number}")] for number in numbers]
    together = [*HEAD_837, *(one for n in numbers for one in claim(n, member=f"M{n}"))]
    forms = [
        interchange(together),
        interchange(*bodies),
        [one for at, body in enumerate(bodies, 1) for one in interchange(body, control=f"{at:09}")],
    ]
    seen = []
    for at, form in enumerate(forms):
        path = tmp_path / f"{at}.x12"
        path.write_bytes(segments(form))
        seen.append(figures(path))
    assert seen[0] == seen[1] == seen[2]
    assert (seen[0]["claims"], seen[0]["members"], seen[0]["charge_amount"]) == (6, 6, "600.00")


def test_one_number_of_two_providers_is_two_claims(tmp_path: Path) -> None:
    other = [one.replace("1234567893", "1999999992") for one in HEAD_837]
    path = tmp_path / "two.x12"
    path.write_bytes(segments(interchange([*HEAD_837, *claim("A1")], [*other, *claim("A1")])))
    seen = figures(path)
    assert (seen["rows"], seen["claims"], seen["charge_amount"]) == (2, 2, "200.00")
