"""Parquet of every layout: the same figures as the delimited original, whoever wrote the file."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from ingestion import parquet
from ingestion.check import FileReport, check_file
from ingestion.stream import TextFile
from tests.ingestion.conftest import Desk
from tests.ingestion.files import MEDICAL, canonical, numbered
from tests.ingestion.samples import HAS_SAMPLES, files, text

needs_samples = pytest.mark.skipif(
    not HAS_SAMPLES, reason="the public sample files are not beside this checkout"
)
ALL = ("plain", "gzip", "zip", "parquet")


def table_of(path: Path, delimiter: str = ",") -> pa.Table:
    """A delimited file as a table of texts, empty cells null."""
    read = list(csv.reader(io.StringIO(text(path)), delimiter=delimiter))
    names = [name.strip() for name in read[0]]
    columns = [[row[at] or None for row in read[1:] if row] for at in range(len(names))]
    return pa.table([pa.array(one, pa.string()) for one in columns], names=names)


def figures(path: Path) -> dict[str, Any]:
    report = check_file(path).as_json()
    del report["path"]
    return report


def lines(path: Path) -> list[str]:
    blocks = TextFile(path, ALL).blocks()
    return [line for block in blocks for line in block.lines if line]


def written(tmp_path: Path, **columns: pa.Array) -> Path:
    path = tmp_path / "made.parquet"
    pq.write_table(pa.table(columns), path)
    return path


CELLS: list[tuple[pa.Array, list[str]]] = [
    (pa.array(["065", None, "", "a,b", 'c"d'], pa.string()), ["065", "", "", '"a,b"', '"c""d"']),
    (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y", "x"]),
    (pa.array([b"0300", b"\xc3\xa9"], pa.binary()), ["0300", "é"]),
    (pa.array([7, None, -3], pa.int32()), ["7", "", "-3"]),
    (pa.array([46.620000000000005, 0.1, 12.0, None]), ["46.620000000000005", "0.1", "12", ""]),
    (pa.array([46.62, 0.1], pa.float32()), ["46.62", "0.1"]),
    (pa.array([float("nan"), 1e22]), ["nan", "1e+22"]),
    (pa.array([Decimal("12.50"), Decimal("-0.10"), Decimal("100.00")], pa.decimal128(18, 2)),
     ["12.5", "-0.1", "100"]),
    (pa.array([Decimal("1e-9"), Decimal("2.50")], pa.decimal128(38, 18)), ["0.000000001", "2.5"]),
    (pa.array([Decimal("12345678901234567.89")], pa.decimal256(50, 2)), ["12345678901234567.89"]),
    (pa.array([date(2024, 2, 29), None], pa.date32()), ["2024-02-29", ""]),
    (pa.array([date(2024, 2, 29)], pa.date64()), ["2024-02-29"]),
    (pa.array([datetime(2024, 2, 29), datetime(2024, 2, 29, 13, 5)], pa.timestamp("us")),
     ["2024-02-29", "2024-02-29T13:05:00.000000"]),
    (pa.array([datetime(2024, 2, 29, tzinfo=UTC)], pa.timestamp("ms", "UTC")), ["2024-02-29"]),
    (pa.array([datetime(2024, 2, 29, 6, tzinfo=UTC)], pa.timestamp("ns", "America/Chicago")),
     ["2024-02-29"]),
    (pa.array([True, False, None]), ["1", "0", ""]),
    (pa.array([None, None], pa.null()), ["", ""]),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "want"), CELLS, ids=[str(cells.type) for cells, _ in CELLS])
def test_cells_are_exact(cells: pa.Array, want: list[str], tmp_path: Path) -> None:
    path = written(tmp_path, a=cells, b=pa.array(["end"] * len(cells)))
    assert lines(path) == ["a,b", *(f"{cell},end" for cell in want)]


@needs_samples
@pytest.mark.parametrize("name", ["medical_claim", "eligibility"])
def test_published_parquet_is_its_delimited_original(name: str) -> None:
    (path,) = files(f"tuva_demo/derived_parquet/{name}.parquet")
    (original,) = files(f"tuva_demo/v2026_03/{name}.csv")
    assert figures(path) == figures(original)


FAMILIES = [
    ("bfd_rif/synthea_head/carrier.csv", "|"), ("bfd_rif/synthea_2022_07/inpatient.csv", "|"),
    ("bfd_rif/synthea_2022_07/pde.csv", "|"), ("bfd_rif/synthea_head/beneficiary_2015.csv", "|"),
    ("desynpuf/members_500_split/DE1_0_2008_Beneficiary_Summary_File_Sample_TestB.csv", ","),
    ("desynpuf/members_500_split/DE1_0_2008_to_2010_Inpatient_Claims_Sample_TestB.csv", ","),
    ("synthea_csv/v3_2_layout/claims_transactions.csv.gz", ","),
    ("synthea_csv/v3_0_layout/payer_transitions.csv", ","),
    ("synthea_csv/v3_0_layout/patients.csv", ","), ("synthea_csv/v3_2_layout/payers.csv", ","),
    ("tuva_demo/v2023_05/medical_claim.csv", ","), ("tuva_demo/v2023_05/eligibility.csv", ","),
    ("tuva_demo/v2026_03/pharmacy_claim.csv", ","),
]  # fmt: skip


@needs_samples
@pytest.mark.parametrize(("name", "delimiter"), FAMILIES)
def test_any_layout_may_come_as_parquet(name: str, delimiter: str, tmp_path: Path) -> None:
    (original,) = files(name)
    path = tmp_path / f"{original.name}.parquet"
    pq.write_table(table_of(original, delimiter), path)
    assert figures(path) == figures(original)


def typed(table: pa.Table) -> pa.Table:
    """Days, line numbers and amounts in types of their own, as a database writes them."""
    kinds = {"date": pa.date32(), "amount": pa.decimal128(38, 10), "number": pa.int64()}
    for at, name in enumerate(table.column_names):
        if (kind := kinds.get(name.rsplit("_", 1)[-1])) and not name.startswith("file"):
            column = table.column(at)
            if kind == kinds["amount"]:
                cells = [None if c is None else round(Decimal(c), 4) for c in column.to_pylist()]
                column = pa.chunked_array([pa.array(cells, pa.decimal128(18, 4))])
            table = table.set_column(at, name, column.cast(kind))
    return table


def with_pandas(table: pa.Table, path: Path) -> None:
    """Amounts as binary floating point, days as timestamps, an index that was kept."""
    frame = table.to_pandas()
    for name in frame:
        if name.endswith("_amount"):
            frame[name] = frame[name].astype("float64")
        elif name.endswith("_date"):
            frame[name] = pd.to_datetime(frame[name])
    frame.iloc[::1].set_index(frame.index[::-1]).to_parquet(path)


def with_duckdb(table: pa.Table, path: Path) -> None:
    duckdb.from_arrow(table).write_parquet(str(path), compression="zstd", row_group_size=300)


def with_spark_settings(table: pa.Table, path: Path) -> None:
    pq.write_table(
        table, path, flavor="spark", version="1.0", compression="snappy",
        use_deprecated_int96_timestamps=True, store_schema=False,
    )  # fmt: skip


def with_pages_of_version_2(table: pa.Table, path: Path) -> None:
    pq.write_table(
        table, path, data_page_version="2.0", compression="gzip", row_group_size=100,
        data_page_size=500, use_dictionary=False, write_page_checksum=True,
    )  # fmt: skip


def with_large_types(table: pa.Table, path: Path) -> None:
    large = [
        pa.field(one.name, pa.large_string() if one.type == pa.string() else one.type)
        for one in table.schema
    ]
    pq.write_table(table.cast(pa.schema(large)), path, compression="brotli")


WRITERS: list[Callable[[pa.Table, Path], None]] = [
    with_pandas, with_duckdb, with_spark_settings, with_pages_of_version_2, with_large_types,
]  # fmt: skip


@needs_samples
@pytest.mark.parametrize("write", WRITERS, ids=lambda one: one.__name__)
def test_the_writer_changes_nothing(
    write: Callable[[pa.Table, Path], None], tmp_path: Path
) -> None:
    for feed in ("medical_claim", "eligibility"):
        (original,) = files(f"tuva_demo/v2026_03/{feed}.csv")
        path = tmp_path / f"{feed}.parquet"
        write(typed(table_of(original)), path)
        assert figures(path) == figures(original)


def claims(count: int = 3, **changes: pa.Array) -> pa.Table:
    rows = numbered(MEDICAL, count)
    columns = {name: pa.array([row[name] or None for row in rows]) for name in MEDICAL}
    return pa.table({**columns, **changes})


def put(tmp_path: Path, table: pa.Table, **how: Any) -> Path:
    path = tmp_path / "claims.parquet"
    pq.write_table(table, path, **how)
    return path


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_every_codec_is_read(codec: str, tmp_path: Path) -> None:
    report = check_file(put(tmp_path, claims(), compression=codec))
    assert (report.layout, report.refused, report.accepted) == ("canonical_csv", None, 3)
    assert report.paid_amount == "300.00"


def packings(path: Path) -> dict[str, Path]:
    content = path.read_bytes()
    zipped = path.with_suffix(".zip")
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("claims.parquet", content)
    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(content[:200]) + gzip.compress(content[200:]))
    return {"gzip": packed, "zip": zipped}


def test_a_container_around_it_changes_nothing(tmp_path: Path) -> None:
    path = put(tmp_path, claims())
    for packed in packings(path).values():
        assert figures(packed) == figures(path)


@pytest.mark.parametrize("packing", ["plain", "gzip", "zip"])
def test_a_cut_file_is_refused(packing: str, tmp_path: Path) -> None:
    path = put(tmp_path, claims(50))
    whole = {"plain": path, **packings(path)}[packing].read_bytes()
    cut = tmp_path / "cut"
    for at in range(1, len(whole), 7):
        cut.write_bytes(whole[:at])
        report = check_file(cut)
        assert report.refused in ("E-TRUNC", "E-SCHEMA", "E-PARQUET", "E-CTRL")
        assert report.rows == 0


def refused(path: Path) -> tuple[str | None, int]:
    report: FileReport = check_file(path)
    return report.refused, report.rows


NESTED = [pa.array([["a"], [], None]), pa.array([{"x": 1}, None, {"x": 2}]),
          pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64()))]  # fmt: skip


@pytest.mark.parametrize("column", NESTED, ids=lambda one: str(one.type)[:4])
def test_nested_columns_are_refused(column: pa.Array, tmp_path: Path) -> None:
    assert refused(put(tmp_path, claims(payer=column))) == ("E-NESTED", 0)


def test_a_type_without_text_is_refused(tmp_path: Path) -> None:
    lasting = pa.array([1, 2, None], pa.duration("s"))
    assert refused(put(tmp_path, claims(payer=lasting))) == ("E-PARQUET", 0)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    column = pa.array([b"ok", b"\xff\xfe", None])
    assert refused(put(tmp_path, claims(payer=column))) == ("E-ENC", 0)


@pytest.mark.parametrize(
    ("cell", "code"), [("a\nb", "E-QUOTE"), ("a\x00b", "E-NUL"), ("a\x07b", "E-CTRL"),
                       ("a" * (1 << 21), "Q-LEN")],
    ids=["line end", "NUL", "bell", "huge"],
)  # fmt: skip
def test_cells_that_no_delimited_file_may_hold(cell: str, code: str, tmp_path: Path) -> None:
    assert refused(put(tmp_path, claims(payer=pa.array([cell, "x", None])))) == (code, 0)


class Keys(pe.KmsClient):
    """Wraps keys by writing them down: the tests need encrypted files, not secrets."""

    def __init__(self, config: Any) -> None:
        pe.KmsClient.__init__(self)

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped_key: bytes, master_key_identifier: str) -> bytes:
        return base64.b64decode(wrapped_key)


@pytest.mark.parametrize("plain_footer", [True, False])
def test_an_encrypted_file_is_refused(plain_footer: bool, tmp_path: Path) -> None:
    config = pe.EncryptionConfiguration(
        footer_key="f", column_keys={"c": list(MEDICAL)}, plaintext_footer=plain_footer
    )
    factory = pe.CryptoFactory(Keys)
    made = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
    assert refused(put(tmp_path, claims(), encryption_properties=made)) == ("E-CRYPT", 0)


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    more = {f"c{n}": pa.nulls(3) for n in range(parquet.COLUMN_LIMIT)}
    assert refused(put(tmp_path, claims(**more))) == ("E-SCHEMA", 0)


def test_a_group_of_rows_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, claims(2000), row_group_size=2000)
    monkeypatch.setattr(parquet, "GROUP_LIMIT", 5000)
    assert refused(path) == ("E-GROUP", 0)
    pq.write_table(claims(2000), path, row_group_size=20)
    assert refused(path) == (None, 2000)


def test_a_cell_that_repeats_endlessly_is_a_bomb(tmp_path: Path) -> None:
    cells = pa.array(["x" * 60_000]).dictionary_encode().take(pa.array([0] * 4000))
    assert refused(put(tmp_path, claims(4000, payer=cells))) == ("E-BOMB", 0)


def test_memory_follows_the_group_of_rows_and_not_the_file(tmp_path: Path) -> None:
    peaks = []
    for count in (30_000, 120_000):
        path = put(tmp_path, claims(count), row_group_size=30_000)
        before, most = pa.total_allocated_bytes(), 0
        for _ in TextFile(path, ALL).chunks():
            most = max(most, pa.total_allocated_bytes() - before)
        peaks.append(most)
    assert 0 < peaks[1] < 1.5 * peaks[0] < 64 << 20


def test_ids_that_come_as_numbers_are_said(tmp_path: Path, desk: Desk) -> None:
    path = put(tmp_path, claims(npi=pa.array(["1"] * 3)))
    codes = pa.array([300, None, 450], pa.int64())
    path = put(tmp_path, claims(revenue_center_code=codes))
    outcome = desk.receive("medical_claim", path)
    assert (outcome.state, outcome.accepted) == ("loaded", 3)
    assert any(message.startswith("[W-IDFMT]") for message in outcome.messages)
    stored = desk.rows("select revenue_center_code from {raw}.medical_claim order by claim_id")
    assert stored == [("300",), (None,), ("450",)]


@pytest.mark.parametrize("column", [pa.array([401.9, None, 250.0]), pa.array([1e17, None, 2.0])])
def test_codes_that_come_broken_are_refused(column: pa.Array, tmp_path: Path) -> None:
    assert refused(put(tmp_path, claims(diagnosis_code_1=column))) == ("E-IDFMT", 0)


def test_numbers_that_are_none_are_quarantined(tmp_path: Path) -> None:
    amounts = pa.array([float("nan"), 1e20, *[46.6200] * 998])
    report = check_file(put(tmp_path, claims(1000, paid_amount=amounts)))
    assert (report.refused, report.quarantined) == (None, {"Q-NUM": 2})
    assert Decimal(report.paid_amount or "") == 998 * Decimal("46.62")


@pytest.mark.warehouse
def test_rows_enter_as_from_a_delimited_file(tmp_path: Path, desk: Desk) -> None:
    rows = numbered(MEDICAL, 4)
    plain = tmp_path / "claims.csv"
    plain.write_bytes(canonical(rows))
    bad = pa.array(["2024-01-31", "2024-02-30", "2024-01-31", "2024-01-31"])
    packed = packings(put(tmp_path, claims(4, claim_start_date=bad)))["gzip"]
    first = desk.receive("medical_claim", plain)
    second = desk.receive("medical_claim", packed)
    assert (first.accepted, second.accepted, second.quarantined) == (4, 3, {"Q-DATE": 1})
    query = (
        "select claim_id, claim_line_number, paid_amount::text, claim_start_date, sender_sequence"
        " from {raw}.medical_claim where receipt_id = %s order by record_no"
    )
    want = desk.rows(query, first.receipt_id)
    assert desk.rows(query, second.receipt_id) == [want[0], *want[2:]]
    assert desk.rows("select record_no, code, field from ops.quarantine where receipt_id = %s",
                     second.receipt_id) == [(3, "Q-DATE", "claim_start_date")]  # fmt: skip
    again = desk.receive("medical_claim", put(tmp_path, claims(4, claim_start_date=bad)))
    assert (again.state, again.code) == ("duplicate", "I-DUP")


@pytest.mark.warehouse
@needs_samples
def test_published_parquet_loads_to_the_cent(desk: Desk) -> None:
    (path,) = files("tuva_demo/derived_parquet/medical_claim.parquet")
    outcome = desk.receive("medical_claim", path, "tuva_0_18")
    assert (outcome.state, outcome.accepted, outcome.quarantined) == ("loaded", 1364, {})
    assert desk.one("select sum(paid_amount)::text from {raw}.medical_claim") == "102557.7700"
    (path,) = files("tuva_demo/derived_parquet/eligibility.parquet")
    assert desk.receive("eligibility", path, "tuva_0_18").accepted == 1079


@pytest.mark.warehouse
def test_nothing_of_a_broken_file_enters(tmp_path: Path, desk: Desk) -> None:
    path = put(tmp_path, claims(5000), row_group_size=1000)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200] = b"\xff" * 200
    path.write_bytes(bytes(content))
    outcome = desk.receive("medical_claim", path)
    assert (outcome.state, outcome.code in ("E-PARQUET", "E-ENC", "E-CTRL")) == ("refused", True)
    assert desk.stored() == {}
