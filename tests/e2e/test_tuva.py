"""Real input: the public Tuva demo files become a payor's member months and claims marts.

Every expectation is a few lines over the raw text, written without any of our code.
"""

from __future__ import annotations

import csv
import datetime
import os
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import night
from pipeline.settings import ROOT, Settings
from tests.e2e.published import Published, published
from warehouse import connection, payor

pytestmark = [pytest.mark.night, pytest.mark.warehouse]
SAMPLES = ROOT.parent / "shared" / "samples" / "tuva_demo" / "v2026_03"
OURS = Path(__file__).parent / "tuva_small"
FEEDS = {"medical_claim": "medical_claim", "pharmacy_claim": "pharmacy_claim"}
YAML = """
payor: {name}
name: {name}
country: US
region: north_america
currency: USD
time_zone: America/New_York
runout_months: 3
member_month_rule: any_day
adjustments: none
charge_level: header_institutional
feeds:
  eligibility: tuva_0_18
  medical_claim: tuva_0_18
  pharmacy_claim: tuva_0_18
fees: {{pepm: "0", implementation: "0", contract_start: 2016-01-01, contract_months: 12}}
"""


def folders() -> Iterator[object]:
    yield pytest.param(OURS, id="small")
    missing = not SAMPLES.exists() and os.environ.get("REQUIRE_SAMPLES") != "1"
    reason = "the public sample files are not beside this checkout"
    yield pytest.param(SAMPLES, id="public", marks=pytest.mark.skipif(missing, reason=reason))


@pytest.fixture(scope="module", params=list(folders()))
def tuva(
    request: pytest.FixtureRequest, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str, Published]:
    folder: Path = request.param
    name = "tuva_small" if folder == OURS else "tuva_public"
    described = tmp_path_factory.mktemp("tuva") / f"{name}.yml"
    described.write_text(YAML.format(name=name))
    payor.add(settings, described)
    for feed in ("eligibility", "medical_claim", "pharmacy_claim"):
        target = settings.landing / name / feed / f"{feed}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / f"{feed}.csv", target)
    for _ in night.run_night(settings, name, datetime.date(2026, 7, 1)):
        pass
    return folder, name, published(settings, name)


def raw(folder: Path, feed: str) -> list[dict[str, str]]:
    with (folder / f"{feed}.csv").open(newline="") as handle:
        return list(csv.DictReader(handle))


def cents(rows: list[dict[str, str]], column: str) -> Decimal:
    return sum((Decimal(r[column]) for r in rows if r[column]), Decimal(0)).quantize(
        Decimal("0.01")
    )


@pytest.mark.parametrize("feed", ["eligibility", "medical_claim", "pharmacy_claim"])
def test_every_row_is_taken_in(
    tuva: tuple[Path, str, Published], settings: Settings, feed: str
) -> None:
    folder, name, _ = tuva
    with connection.connect(settings) as conn:
        row = conn.execute(
            f"select count(*), count(distinct person_id) from raw_{name}.{feed}"  # type: ignore[arg-type]
        ).fetchone()
    expected = raw(folder, feed)
    assert expected
    assert row == (len(expected), len({r["person_id"] for r in expected}))


def test_claims_and_money(tuva: tuple[Path, str, Published]) -> None:
    folder, _, seen = tuva
    medical, pharmacy = raw(folder, "medical_claim"), raw(folder, "pharmacy_claim")
    both = medical + pharmacy
    assert seen.utilisation["claim_lines"] == len(both)
    claims = len({r["claim_id"] for r in medical}) + len({r["claim_id"] for r in pharmacy})
    assert seen.utilisation["claims"] == claims
    assert seen.utilisation["paid_amount"].quantize(Decimal("0.01")) == cents(both, "paid_amount")


def test_a_repeated_charge_counts_once_a_claim(tuva: tuple[Path, str, Published]) -> None:
    folder, _, seen = tuva
    medical = raw(folder, "medical_claim")
    lines = [r for r in medical if r["claim_type"] != "institutional"]
    first: dict[str, dict[str, str]] = {}
    for row in sorted(medical, key=lambda r: int(r["claim_line_number"])):
        if row["claim_type"] == "institutional":
            first.setdefault(row["claim_id"], row)
    once = lines + list(first.values()) + raw(folder, "pharmacy_claim")
    assert seen.utilisation["charge_amount"].quantize(Decimal("0.01")) == cents(
        once, "charge_amount"
    )


def test_member_months(tuva: tuple[Path, str, Published]) -> None:
    folder, _, seen = tuva
    months = set()
    for row in raw(folder, "eligibility"):
        day = datetime.date.fromisoformat(row["enrollment_start_date"])
        end = datetime.date.fromisoformat(row["enrollment_end_date"])
        while day <= end:
            months.add((row["person_id"], day.year, day.month))
            day = (day.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
    assert months
    assert seen.utilisation["member_months"] == len(months)
