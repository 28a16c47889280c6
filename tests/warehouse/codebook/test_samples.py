"""Every publisher's sample loads with the counts that the raw text shows."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.codebook.conftest import CODES_2024, NEEDS_SAMPLES, REFERENCE
from warehouse.codebook.load import Loaded, load

pytestmark = NEEDS_SAMPLES
PARTS = "dxccsr_v2023_1_cleaned_map_{}.parquet"


def raw_rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(raw_text(name)))


def raw_text(name: str) -> list[str]:
    raw = (REFERENCE / name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8-sig")
    return text.splitlines()


def count(conn: psycopg.Connection, query: str, *values: object) -> int:
    row = conn.execute(query.encode(), values).fetchone()
    assert row is not None
    return int(row[0])


def take(conn: psycopg.Connection, kind: str, release: str, name: str | Path) -> Loaded:
    found = load(conn, kind, release, REFERENCE / name)
    assert found.state == "loaded"
    return found


def test_icd_10_cm(owner: psycopg.Connection) -> None:
    lines = [line.split(maxsplit=1) for line in raw_text("icd/icd10cm-codes-2024.txt.gz")]
    found = take(owner, "icd-10-cm", "FY2024", CODES_2024)
    assert found.rows == len(lines) == 74_044
    assert (found.valid_from, found.valid_to) == (date(2023, 10, 1), None)
    where = "code_system = 'icd-10-cm' and valid_from <= '2024-06-30' and valid_to is null"
    listed = f"select count(*) from reference.diagnosis_code where {where} and not is_header"
    assert count(owner, listed) == 74_044
    letters = f"select count(*) from reference.diagnosis_code where {where} and not is_header"
    for letter in "AMSZ":
        expected = sum(1 for code, _ in lines if code.startswith(letter))
        assert count(owner, f"{letters} and code like %s", f"{letter}%") == expected
    again = load(owner, "icd-10-cm", "FY2024", CODES_2024)
    assert (again.state, again.rows, again.sha256) == ("unchanged", 74_044, found.sha256)


def test_icd_10_pcs(owner: psycopg.Connection) -> None:
    found = take(owner, "icd-10-pcs", "FY2024", "icd/icd10pcs-codes-2024.txt.gz")
    lines = raw_text("icd/icd10pcs-codes-2024.txt.gz")
    assert found.rows == len(lines) == 78_603
    query = "select count(*) from reference.catalogue where code_system = 'icd-10-pcs'"
    assert count(owner, query) == 78_603
    knees = sum(1 for line in lines if re.match(r"0SR[CDTUVW]", line))
    assert count(owner, f"{query} and code ~ '^0SR[CDTUVW]'") == knees > 50


def publisher_csv(folder: Path) -> Path:
    """CCSR in the publisher's own form: codes in single quotes, empty categories as a space.

    The sample's three parts are put together; the first row of the later ones became their header.
    """
    from pyarrow import parquet

    tables = [parquet.read_table(REFERENCE / "ccsr" / PARTS.format(n)) for n in range(3)]
    rows = [list(row.values()) for row in tables[0].to_pylist()]
    rows.append(list(tables[1].column_names))
    rows += [list(row.values()) for table in tables[1:] for row in table.to_pylist()]
    names = [name.upper().replace("_", " ") for name in tables[0].column_names]
    path = folder / "DXCCSR_v2023-1.csv"
    with path.open("w") as out:
        out.write(",".join(f"'{name}'" for name in names) + "\n")
        for row in rows:
            codes = [row[0], *(_quoted(v) for v in row[2::2])]
            texts = [row[1], *(_quoted(v) for v in row[3::2])]
            padded = [*codes, *[" "] * (len(names) // 2 - len(codes))]
            words = [*texts, *[""] * (len(names) // 2 - len(texts))]
            cells = [f"'{c}',\"{t}\"" for c, t in zip(padded, words, strict=True)]
            out.write(",".join(cells) + "\n")
    return path


def _quoted(text: str) -> str:
    return " " if text == "nan" or text.startswith("Unnamed") else text


def test_ccsr_in_the_publishers_form(owner: psycopg.Connection, tmp_path: Path) -> None:
    first = json.loads("".join(raw_text("ccsr/dx_cat1_mapping.json.gz")))
    found = take(owner, "ccsr-dx", "v2023.1", publisher_csv(tmp_path))
    assert found.rows == len(first) == 74_549
    rows = owner.execute(
        "select code, categories[1] from reference.ccsr where release = 'v2023.1'"
    ).fetchall()
    assert dict(rows) == first
    known = owner.execute(
        "select code, default_ip, default_op, body_system, categories from reference.ccsr"
        " where release = 'v2023.1' and code in ('A000', 'B950', 'M1711', 'M1611') order by code"
    ).fetchall()
    assert known == [
        ("A000", "DIG001", "DIG001", "DIG", ["DIG001", "INF003"]),
        ("B950", None, None, None, ["INF003"]),
        ("M1611", "MUS006", "MUS006", "MUS", ["MUS006"]),
        ("M1711", "MUS006", "MUS006", "MUS", ["MUS006"]),
    ]
    current = "select release from reference.release where kind = 'ccsr-dx' and is_current"
    assert owner.execute(current).fetchall() == [("v2023.1",)]


def test_ccsr_of_procedures_as_parquet(owner: psycopg.Connection) -> None:
    found = take(owner, "ccsr-pr", "v2023.1", "ccsr/prccsr_v2023_1_cleaned_map.parquet")
    assert found.rows == 81_597
    row = owner.execute(
        "select category, domain from reference.ccsr_procedure where code = '0016070'"
    ).fetchone()
    assert row == ("CNS010", "Central Nervous System Procedures")


def test_equivalence_of_icd_9(owner: psycopg.Connection) -> None:
    raw = raw_rows("icd/icd9toicd10cmgem.csv.gz")
    found = take(owner, "gem-icd-9-cm", "2018", "icd/icd9toicd10cmgem.csv.gz")
    without = sum(1 for row in raw if row["no_map"] == "1")
    assert (found.rows, found.skipped) == (len(raw) - without, without)
    assert len(raw) == 23_912
    rows = owner.execute(
        "select to_code, is_approximate, scenario from reference.crosswalk where from_code = '0010'"
    ).fetchall()
    assert rows == [("A000", False, 0)]
    combined = sum(1 for row in raw if row["scenario"] != "0")
    stored = "select count(*) from reference.crosswalk where scenario > 0"
    assert count(owner, stored) == combined > 0


@pytest.mark.parametrize(
    ("kind", "name", "column"),
    [
        ("ms-drg", "drg/ms_drg.csv", "ms_drg"),
        ("place-of-service", "other/place_of_service.csv", "place_of_service_code"),
    ],
)
def test_small_catalogues(owner: psycopg.Connection, kind: str, name: str, column: str) -> None:
    raw = raw_rows(name)
    assert take(owner, kind, "FY2024", name).rows == len(raw) > 40
    codes = owner.execute(
        "select code from reference.catalogue where code_system = %s", (kind,)
    ).fetchall()
    assert {code for (code,) in codes} == {row[column] for row in raw}


def test_items_without_licensed_rows(owner: psycopg.Connection, tmp_path: Path) -> None:
    """Rows of level I and dental rows are left out and counted; continued texts are no codes."""
    raw = raw_rows("hcpcs/hcpcs_level_2.csv.gz")
    path = tmp_path / "items.csv"
    text = gzip.decompress((REFERENCE / "hcpcs/hcpcs_level_2.csv.gz").read_bytes()).decode()
    foreign = ["00000", "0000T", "0000F", "D0000", "00", "0P"]  # no codes, only their shape
    path.write_text("\n".join([text, *(f"{code},0010,3,x,x" for code in foreign)]))
    found = take(owner, "hcpcs", "2024", path)
    assert (found.rows, found.skipped) == (len({r["hcpcs"] for r in raw}), len(foreign))
    stored = "select count(*) from reference.catalogue where code_system = 'hcpcs' and code ~ %s"
    assert count(owner, stored, "^[0-9]|^D.{4}") == 0
    assert count(owner, stored, "^J") == sum(1 for r in raw if r["hcpcs"].startswith("J"))


def test_countries_and_currencies(owner: psycopg.Connection) -> None:
    shipped = dict(owner.execute("select country_code, region from reference.country").fetchall())
    found = take(owner, "country", "2026", "fx/country-codes.csv")
    raw = [row for row in raw_rows("fx/country-codes.csv") if row["Sub-region Name"]]
    assert found.rows == len(raw)
    stored = dict(owner.execute("select country_code, region from reference.country").fetchall())
    assert stored.items() >= shipped.items()
    assert stored["NA"] == "middle_east_africa" and stored["KZ"] == "asia_pacific"
    assert len(stored) > 240
    take(owner, "currency", "2026", "fx/iso4217_codes-all.csv")
    units = dict(
        owner.execute("select currency_code, minor_units from reference.currency").fetchall()
    )
    valid = {
        row["AlphabeticCode"]: int(row["MinorUnit"])
        for row in raw_rows("fx/iso4217_codes-all.csv")
        if row["MinorUnit"].isdigit() and not row["WithdrawalDate"]
    }
    assert units == valid
    assert (units["JPY"], units["KWD"], "XAU" in units) == (0, 3, False)


def filled(rows: list[dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    for row in rows:
        for name, value in row.items():
            if name not in ("Date", "") and value not in ("N/A", "", None):
                yield row["Date"], name, value


def test_exchange_rates(owner: psycopg.Connection) -> None:
    raw = list(filled(raw_rows("fx/eurofxref-hist.csv.gz")))
    assert take(owner, "fx-ecb", "2026-10-30", "fx/eurofxref-hist.csv.gz").rows == len(raw)
    day, name, value = raw[0]
    row = owner.execute(
        "select rate, base_currency from reference.fx_rate"
        " where source = 'fx-ecb' and rate_date = %s and currency_code = %s",
        (day, name),
    ).fetchone()
    assert row == (Decimal(value), "EUR")
    found = take(owner, "fx-fred", "2026", "fx/exchange-rates-annual.csv")
    annual = raw_rows("fx/exchange-rates-annual.csv")
    assert found.skipped >= sum(1 for row in annual if row["Country"] == "Venezuela") > 0
    assert found.rows + found.skipped == len(annual)
    # two sources that know nothing of each other agree on the euro's yearly mean within 2 %
    pair = owner.execute(
        """
        select 1 / e.rate, avg(f.rate)
        from reference.fx_rate as e
        inner join reference.fx_rate as f
            on f.source = 'fx-ecb' and f.currency_code = 'USD'
            and f.rate_date between '2020-01-01' and '2020-12-31'
        where e.source = 'fx-fred' and e.currency_code = 'EUR' and e.rate_date = '2020-01-01'
        group by e.rate
        """
    ).fetchone()
    assert pair is not None and abs(pair[0] / pair[1] - 1) < Decimal("0.02")


def test_purchasing_power(owner: psycopg.Connection) -> None:
    raw = raw_rows("fx/ppp-gdp.csv")
    assert take(owner, "ppp", "2025", "fx/ppp-gdp.csv").rows == len(raw) == 6_856
    namibia = [row for row in raw if row["Country ID"] == "NA"]
    query = "select count(*) from reference.ppp where country_code = 'NA'"
    assert count(owner, query) == len(namibia) > 0
