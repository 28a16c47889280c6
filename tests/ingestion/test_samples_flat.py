"""Other forms of the public delimited files hold the same figures (the files themselves:
test_every_sample)."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from ingestion.check import check_file
from tests.ingestion.conftest import Desk
from tests.ingestion.samples import HAS_SAMPLES, files, text

pytestmark = pytest.mark.skipif(
    not HAS_SAMPLES, reason="the public sample files are not beside this checkout"
)


@pytest.mark.warehouse
def test_split_a_claim_and_its_amount_still_counts_once(desk: Desk, tmp_path: Path) -> None:
    whole = text(files("bfd_rif/synthea_2022_07/hospice.csv")[0]).splitlines(keepends=True)
    for part, lines in enumerate((whole[1:120], whole[120:])):
        half = tmp_path / f"{part}.csv"
        half.write_text("".join([whole[0], *lines]))
        assert desk.receive("medical_claim", half, "bfd_rif").state == "loaded"
    paid = "select claim_id, max(claim_paid_amount) as paid from {raw}.medical_claim group by 1"
    assert desk.one(f"select sum(paid)::text from ({paid}) as claims") == "112275.5400"


def test_provider_attribution_is_named_and_refused() -> None:
    report = check_file(files("tuva_demo/v2026_03/provider_attribution.csv")[0])
    assert report.refused == "E-UNUSED"
    assert report.reason and "provider_attribution" in report.reason


@pytest.mark.parametrize("pattern", ["bfd_rif/synthea_head/carrier.csv",
                                     "tuva_demo/v2026_03/medical_claim.csv"])  # fmt: skip
def test_the_container_changes_nothing(pattern: str, tmp_path: Path) -> None:
    plain = files(pattern)[0]
    packed = tmp_path / "file.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    zipped = tmp_path / "file.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.csv", plain.read_bytes())
    want = {**check_file(plain).as_json(), "path": ""}
    for path in (packed, zipped):
        assert {**check_file(path).as_json(), "path": ""} == want


def test_synpuf_needs_its_year(tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    path.write_bytes(files("desynpuf/*/*2008_Beneficiary*.csv")[0].read_bytes())
    assert check_file(path).refused == "E-PERIOD"


def test_a_quoted_file_with_a_mark_and_crlf_is_the_same(tmp_path: Path) -> None:
    plain = files("bfd_rif/synthea_2022_07/dme.csv")[0]
    out = io.StringIO()
    for line in plain.read_text().splitlines():
        out.write('"' + line.replace("|", '"|"') + '"\r\n')
    path = tmp_path / "quoted.csv"
    path.write_bytes(b"\xef\xbb\xbf" + out.getvalue().encode())
    assert {**check_file(path).as_json(), "path": ""} == {**check_file(plain).as_json(), "path": ""}


def test_columns_in_another_order_with_one_more_are_the_same(tmp_path: Path) -> None:
    plain = files("bfd_rif/synthea_2022_07/inpatient.csv")[0]
    table = [line.split("|") for line in plain.read_text().splitlines()]
    path = tmp_path / "turned.csv"
    turned = ["|".join([*reversed(row), "NEW_COLUMN" if n == 0 else "x"])
              for n, row in enumerate(table)]  # fmt: skip
    path.write_text("\n".join(turned) + "\n")
    assert {**check_file(path).as_json(), "path": ""} == {**check_file(plain).as_json(), "path": ""}


def test_the_history_of_medicare_numbers_is_named_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    path.write_text(
        "BENE_MBI_ID|BENE_ID|BENE_CLM_ACNT_NUM|MBI_SQNC_NUM|MBI_NUM|MBI_EFCTV_BGN_DT|"
        "MBI_EFCTV_END_DT|UPDT_TS\n1|-7|2|1|X|16-APR-2011||15-AUG-2017 21:45:34"
    )
    report = check_file(path)
    assert (report.layout, report.refused) == ("bfd_rif", "E-UNUSED")
