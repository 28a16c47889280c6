"""Readers of the publishers' own file forms, one per form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from warehouse.codebook import read_money, read_procedures
from warehouse.codebook.diagnosis import Entry, clean
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.records import Parsed, Record, day
from warehouse.codebook.source import Table, read_lines, read_table

# Columns of the order file: number 1-5, code 7-13, header flag 15, short title 17-76, long 78-.
ORDER_LINE = re.compile(r"\d{5} [A-Z0-9]{3,7} {1,5}[01] ")
CODE_LINE = re.compile(r"(?P<code>[A-Z0-9]{3,7})\s+(?P<label>\S.*)")
GEM_LINE = re.compile(r"(\w{3,5})\s+(\w{3,7})\s+(\d{5})\s*")
GIVEN = (
    "parent_code", "concept_code", "laterality", "is_symptom", "is_unspecified", "condition_group",
)  # fmt: skip
# Level I of HCPCS (CPT: five digits, or four and a letter; modifiers that begin with a digit) and
# the dental codes (CDT, letter D) belong to others.
LICENSED = re.compile(r"\d{4}[0-9A-Z]|\d[0-9A-Z]|D\d{4}")
NO_MATCH = "NODX"
# Record kinds of HCPCS that only continue the text of the line above.
CONTINUED = ("4", "8")


def icd_text(path: Path) -> Parsed:
    """ICD-10-CM and ICD-10-PCS as text with fixed columns."""
    lines = [(n, line) for n, line in enumerate(read_lines(path), 1) if line.strip()]
    is_order = bool(lines) and ORDER_LINE.match(lines[0][1]) is not None
    entries = _order_entries(lines) if is_order else _code_entries(lines)
    return Parsed([Record(entry.line, entry.code, entry.code, entry) for entry in entries])


def _order_entries(lines: Iterable[tuple[int, str]]) -> Iterable[Entry]:
    last = 0
    for n, line in lines:
        if not ORDER_LINE.match(line):
            raise ReferenceRefused("E-REF-FORMAT", n)
        if int(line[:5]) <= last:
            raise ReferenceRefused("E-REF-MIXED", n)
        last = int(line[:5])
        label = line[77:].strip() or line[16:76].strip()
        yield Entry(line[6:13].strip(), label, n, is_header=line[14] == "0")


def _code_entries(lines: Iterable[tuple[int, str]]) -> Iterable[Entry]:
    for n, line in lines:
        match = CODE_LINE.fullmatch(line.rstrip())
        if match is None:
            raise ReferenceRefused("E-REF-FORMAT", n)
        yield Entry(match["code"], match["label"], n)


def code_csv(path: Path) -> Parsed:
    """Any code list as CSV; what it says of a code wins over what would be derived."""
    table = read_table(path, "code")
    found = Parsed([])
    for line, cells in table.rows:
        row = dict(zip(table.header, cells, strict=True))
        entry = Entry(
            clean(row["code"]),
            row.get("label", ""),
            line,
            day(row["valid_from"], line) if row.get("valid_from") else None,
            day(row["valid_to"], line) if row.get("valid_to") else None,
            row.get("is_header", "").lower() == "true",
            _given(table, row),
        )
        found.records.append(Record(line, entry.code, (entry.code, entry.valid_from), entry))
        if row.get("release"):
            found.releases.add(row["release"])
    return found


def _given(table: Table, row: dict[str, str]) -> dict[str, str]:
    """Filled cells; a column of parents also says who has none."""
    given = {name: row[name] for name in GIVEN if row.get(name)}
    if "parent_code" in table.header:
        given["parent_code"] = clean(row["parent_code"])
    return given


def conversion(path: Path) -> Parsed:
    """Yearly conversion: one row per pair of codes and day."""
    table = read_table(path, "from_code")
    old, new = table.column("from_code"), table.column("to_code")
    since = table.column("effective_from")
    records = []
    for line, cells in table.rows:
        values = (clean(cells[old]), clean(cells[new]), day(cells[since], line))
        records.append(Record(line, values[0], values, values))
    return Parsed(records)


def gem(path: Path) -> Parsed:
    """(from, to, scenario, choice list, is approximate); codes without a match are skipped."""
    found = Parsed([])
    for line, old, new, flags in _gem_rows(path):
        if clean(new) == NO_MATCH or flags[1] == "1":
            found.skipped += 1
            continue
        values = (clean(old), clean(new), int(flags[3]), int(flags[4]), flags[0] == "1")
        found.records.append(Record(line, values[0], values[:4], values))
    return found


def _gem_rows(path: Path) -> Iterable[tuple[int, str, str, str]]:
    lines = read_lines(path)
    if lines and "," not in lines[0]:
        for n, text in enumerate(lines, 1):
            match = GEM_LINE.fullmatch(text)
            if match is None:
                raise ReferenceRefused("E-REF-FORMAT", n)
            yield n, match[1], match[2], match[3]
        return
    table = read_table(path, "icd9cm")
    old, new, flags = (table.column(name) for name in ("icd9cm", "icd10cm", "flags"))
    for n, cells in table.rows:
        if not re.fullmatch(r"\d{5}", cells[flags]):
            raise ReferenceRefused("E-REF-ZERO-LOST" if cells[flags].isdigit() else "E-REF-FORMAT",
                                   n)  # fmt: skip
        yield n, cells[old], cells[new], cells[flags]


def ccsr(path: Path) -> Parsed:
    """(code, default inpatient, default outpatient, categories, labels by category)."""
    table = read_table(path, "icd_10_cm_code")
    code = table.column("icd_10_cm_code")
    inpatient = table.column("default_ccsr_category_ip")
    outpatient = table.column("default_ccsr_category_op")
    places = [
        (table.column(name), table.column(_description(name)))
        for name in table.header
        if re.fullmatch(r"ccsr_category_\d", name)
    ]
    records = []
    for line, cells in table.rows:
        labels = {cells[at]: cells[text] for at, text in places if cells[at]}
        values = (
            cells[code], _category(cells[inpatient]), _category(cells[outpatient]), list(labels),
            labels,
        )  # fmt: skip
        records.append(Record(line, cells[code], cells[code], values))
    return Parsed(records, releases=_named_releases(table))


def _description(name: str) -> str:
    return f"{name}_description"


def _category(text: str) -> str | None:
    """The publisher writes XXX... where a code may not be the principal diagnosis."""
    return None if not text or text.startswith("XXX") else text


def _named_releases(table: Table) -> set[str]:
    return set(re.findall(r"v\d{4}[.-]\d+", table.titles))


def ccsr_procedure(path: Path) -> Parsed:
    """(code, category, domain, labels by category)."""
    table = read_table(path, "prccsr")
    code, category = table.column("icd_10_pcs"), table.column("prccsr")
    label, domain = table.column("prccsr_description"), table.column("clinical_domain")
    records = [
        Record(line, cells[code], cells[code],
               (cells[code], cells[category], cells[domain], {cells[category]: cells[label]}))
        for line, cells in table.rows
    ]  # fmt: skip
    return Parsed(records, releases=_named_releases(table))


def drg(path: Path) -> Parsed:
    """Payment groups: group_code is the major diagnostic category."""
    table = read_table(path, "ms_drg", "ms_drg_code")
    names = table.header
    code = names.index("ms_drg" if "ms_drg" in names else "ms_drg_code")
    group = names.index("mdc" if "mdc" in names else "mdc_code")
    label = names.index("description" if "description" in names else "ms_drg_description")
    return _catalogue((line, cells[code], cells[group], cells[label]) for line, cells in table.rows)


def hcpcs(path: Path) -> Parsed:
    """Items and services without the licensed ones, which are counted as skipped."""
    table = read_table(path, "hcpcs")
    code, label = table.column("hcpcs"), table.column("short_description")
    kind = table.header.index("recid") if "recid" in table.header else code
    codes = [(n, cells) for n, cells in table.rows if cells[kind] not in CONTINUED]
    free = [(n, cells) for n, cells in codes if not LICENSED.fullmatch(cells[code])]
    found = _catalogue((n, cells[code], "", cells[label]) for n, cells in free)
    found.skipped = len(codes) - len(free)
    return found


def place(path: Path) -> Parsed:
    """Places of service."""
    table = read_table(path, "place_of_service_code")
    code, label = table.column("place_of_service_code"), table.column("description")
    return _catalogue((n, cells[code], "", cells[label]) for n, cells in table.rows)


def _catalogue(rows: Iterable[tuple[int, str, str, str]]) -> Parsed:
    """Rows of (line, code, group, label)."""
    return Parsed([
        Record(n, code, code, Entry(code, label, n, given={"group_code": group}))
        for n, code, group, label in rows
    ])  # fmt: skip


READERS: dict[str, Callable[[Path], Parsed]] = {
    "icd_text": icd_text,
    "code_csv": code_csv,
    "conversion": conversion,
    "gem": gem,
    "ccsr": ccsr,
    "ccsr_procedure": ccsr_procedure,
    "drg": drg,
    "hcpcs": hcpcs,
    "place": place,
    **read_money.READERS,
    **read_procedures.READERS,
}
