"""The public delimited files, received by configuration alone, against their raw text."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.check import check_file
from pipeline.settings import Settings
from tests.ingestion import expected_flat as raw
from tests.ingestion.conftest import Desk
from tests.ingestion.expected_flat import Expected
from tests.ingestion.samples import HAS_SAMPLES, files, text
from warehouse.connection import connect2
from warehouse.payor_file import Payor

pytestmark = pytest.mark.skipif(
    not HAS_SAMPLES, reason="the public sample files are not beside this checkout"
)
SYNTHEA = ("claims", "claims_transactions", "payer_transitions", "patients", "encounters",
           "conditions", "procedures")  # fmt: skip
UNUSED = ("payers", "providers", "organizations", "allergies", "careplans", "devices", "supplies",
          "imaging_studies", "immunizations", "medications", "observations")  # fmt: skip
FAMILIES: list[tuple[str, Callable[[Path], Expected], list[Path]]] = [
    ("bfd_rif", raw.rif, [*files("bfd_rif/*/*.csv*"), *files("bfd_rif/static/*.txt")]),
    ("desynpuf", raw.synpuf, files("desynpuf/*/*.csv*")),
    ("synthea_csv", raw.synthea,
     [path for name in SYNTHEA for path in files(f"synthea_csv/*/{name}.csv*")]),
    ("tuva_2023", raw.tuva_2023, files("tuva_demo/v2023_05/*.csv")),
]  # fmt: skip
CASES = [(layout, figures, path) for layout, figures, paths in FAMILIES for path in paths]
IDS = ["/".join(path.parts[-3:]) for _, _, path in CASES]
EACH = pytest.mark.parametrize(("layout", "figures", "path"), CASES, ids=IDS)
Figures = Callable[[Path], Expected]


@EACH
def test_check_agrees_with_the_raw_text(layout: str, figures: Figures, path: Path) -> None:
    want, report = figures(path), check_file(path)
    assert (report.layout, report.feed, report.refused) == (layout, want.feed, None)
    assert (report.rows, report.accepted, report.quarantined) == (want.rows, want.rows, {})
    assert (report.members, report.claims) == (want.members, want.claims)
    assert _money(report.charge_amount) == want.charge
    assert _money(report.paid_amount) == want.paid
    if want.first and want.last:
        assert (report.first_service_date, report.last_service_date) == (want.first, want.last)


def _money(amount: str | None) -> Decimal | None:
    return None if amount is None else Decimal(amount).quantize(Decimal("0.01"))


@pytest.fixture(scope="module")
def family_desk(settings: Settings, add_payor: Callable[..., Payor]) -> Iterator[Desk]:
    """One payor for all families: each file is a receipt of its own."""
    conn = connect2(settings, role="loader")
    yield Desk(conn, add_payor("families").payor_id)
    conn.close()


@pytest.mark.warehouse
@EACH
def test_load_agrees_with_the_raw_text(
    layout: str, figures: Figures, path: Path, family_desk: Desk
) -> None:
    want, desk = figures(path), family_desk
    outcome = desk.receive(want.feed, path, layout)
    if outcome.state == "duplicate":  # the same text in two folders of the samples
        assert desk.rows("select from ops.receipt where state = 'loaded'")
        return
    assert (outcome.state, outcome.rows, outcome.quarantined) == ("loaded", want.rows, {})
    assert outcome.accepted + sum(outcome.skipped.values()) == want.rows
    where = f"from {{raw}}.{want.feed} where receipt_id = %s"
    assert desk.one(f"select count(*) {where}", outcome.receipt_id) == want.stored
    if want.paid is not None:
        assert _stored_money(desk, want.feed, outcome.receipt_id, "paid") == want.paid
        assert _stored_money(desk, want.feed, outcome.receipt_id, "charge") == want.charge


def _stored_money(desk: Desk, feed: str, receipt: int, name: str) -> Decimal | None:
    """Amounts of claims once, of lines added: as the claims core has to read the table."""
    claim = f"claim_{name}_amount" if feed == "medical_claim" else "null::numeric"
    return _money(
        desk.one(
            f"""
            select sum(amount)::text
            from (
                select coalesce(max({claim}), sum(coalesce({name}_amount, 0)), 0) as amount
                from {{raw}}.{feed}
                where receipt_id = %s
                group by claim_id
                union all select 0
            ) as claims
            """,
            receipt,
        )
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


@pytest.mark.parametrize("path", [p for n in UNUSED for p in files(f"synthea_csv/*/{n}.csv")],
                         ids=lambda path: "/".join(path.parts[-2:]))  # fmt: skip
def test_kinds_without_use_are_named_and_refused(path: Path) -> None:
    report = check_file(path)
    assert (report.layout, report.refused, report.rows) == ("synthea_csv", "E-UNUSED", 0)


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


@pytest.mark.parametrize("path", files("tuva_demo/derived_parquet/*.parquet"),
                         ids=lambda path: path.name)  # fmt: skip
def test_parquet_is_named(path: Path) -> None:
    assert check_file(path).refused in ("E-PARQUET", None)


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
