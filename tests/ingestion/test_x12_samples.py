"""Every public X12 file: a state, a code, and totals that a naive reading confirms."""

from __future__ import annotations

import gzip
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.check import FileReport, check_file
from tests.ingestion.samples import HAS_SAMPLES
from tests.ingestion.x12_files import X12, Naive

pytestmark = pytest.mark.skipif(
    not HAS_SAMPLES, reason="the public sample files are not beside this checkout"
)

# refused whole: SE01 counts that are wrong, kinds without claims, a balance that fails
REFUSED = {
    "hccinfhir/837/sample_837_12.txt": "X-CTRL",
    "imsweb/837p_5010/x12_bad_segment_identifier.txt": "X-CTRL",
    "imsweb/837p_5010/x12_many_claims.txt": "X-CTRL",
    "imsweb/837p_5010/x12_missing_elements.txt": "X-CTRL",
    "imsweb/837p_5010/x12_multiple_st.txt": "X-CTRL",
    "imsweb/837p_5010/x12_no_errors.txt": "X-CTRL",
    "imsweb/837p_5010/x12_valid.txt": "X-CTRL",
    "linuxforhealth/other_types/claim-level-status-ncpdp.277": "X-TYPE",
    "linuxforhealth/other_types/claim-level-status.277": "X-TYPE",
    "linuxforhealth/other_types/dependent-health-benefit-check.270": "X-TYPE",
    "linuxforhealth/other_types/dependent-health-benefit-check.271": "X-TYPE",
    "linuxforhealth/other_types/information-receiver-level-status.277": "X-TYPE",
    "linuxforhealth/other_types/provider-level-status.277": "X-TYPE",
    "linuxforhealth/other_types/subscriber-health-benefit-check-error.271": "X-CTRL",
    "linuxforhealth/other_types/subscriber-health-benefit-check.270": "X-TYPE",
    "linuxforhealth/other_types/subscriber-health-benefit-check.271": "X-TYPE",
    "pyx12/835id.x12": "X-BAL3",
    "stupidedi/837_predetermination/hmo-plan.edi": "X-PRED",
}
# taken in with records held: the sender's own sums do not add up, or a coverage has no start
HELD = {
    "linuxforhealth/834_5010/cancel-dependent.834": {"Q-REQ": 1},
    "linuxforhealth/834_5010/reinstate-member-eligiblity-ins.834": {"Q-REQ": 1},
    "moov/moov_835_sample2.txt": {"X-BAL3": 1},
    "pyx12/mult_isa.x12": {"X-SEG": 4},
    "pyx12/simple_837p.x12": {"X-BAL3": 2},
}
NAMES = sorted(str(path.relative_to(X12)) for path in X12.glob("*/**/*") if path.is_file())
TAKEN = [name for name in NAMES if name not in REFUSED and name not in HELD]


def of_kind(feed: str) -> list[FileReport]:
    reports = [check_file(X12 / name) for name in TAKEN]
    return [report for report in reports if report.feed == feed]


def test_the_lists_cover_all_files() -> None:
    assert len(NAMES) == 61
    assert {*REFUSED, *HELD} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_ends_with_a_state_and_a_code(name: str) -> None:
    report = check_file(X12 / name)
    assert report.layout == (
        "x12_test" if Naive.of(raw(name)).named("ISA")[0][15] == "T" else "x12"
    )
    assert report.refused == REFUSED.get(name)
    assert report.quarantined == HELD.get(name, {})
    assert report.rows == report.accepted + sum(report.quarantined.values())


def raw(name: str) -> bytes:
    return (X12 / name).read_bytes()


@pytest.mark.parametrize("name", TAKEN)
def test_figures_are_those_of_the_raw_segments(name: str) -> None:
    report, naive = check_file(X12 / name), Naive.of(raw(name))
    records = naive.named("CLM", "CLP", "INS", "PLB")
    assert report.rows == report.accepted == len(records)
    if report.feed == "medical_claim":
        assert report.claims == naive.distinct("CLM", 1)
        assert Decimal(report.charge_amount or "") == naive.total("CLM", 2)
        charged = [naive.total("SV1", 2), naive.total("SV2", 3), naive.total("SV3", 2)]
        assert Decimal(report.charge_amount or "") == sum(charged)
        assert report.members == len(patients(naive))
        assert service_days(naive) == (report.first_service_date, report.last_service_date)
    elif report.feed == "remittance_claim":
        assert report.claims == naive.distinct("CLP", 7)
        assert Decimal(report.charge_amount or "") == naive.total("CLP", 3)
        assert Decimal(report.paid_amount or "") == naive.total("CLP", 4)
        assert report.members == len({one[9] for one in naive.named("NM1") if one[1] == "QC"})
    else:
        numbers = [one[2] for one in naive.named("REF") if one[1] == "0F"]
        assert report.members == len(set(numbers)) == len(naive.named("INS"))


def patients(naive: Naive) -> set[tuple[str, ...]]:
    """Per claim, the patient below the subscriber where there is one."""
    found, subscriber, patient, in_claim = set(), "", "", False
    for segment in naive.segments:
        if segment[0] == "HL":
            in_claim, patient = False, ""
        elif segment[0] == "NM1" and not in_claim and segment[1] == "IL":
            subscriber = segment[9]
        elif segment[0] == "NM1" and not in_claim and segment[1] == "QC":
            patient = segment[9] if len(segment) > 9 else "+".join(segment[3:5])
        elif segment[0] == "CLM":
            in_claim = True
            found.add((patient or subscriber,))
    return found


def service_days(naive: Naive) -> tuple[str | None, str | None]:
    """First and last day of lines (DTP 472) and statements (DTP 434)."""
    stated = [one[3] for one in naive.named("DTP") if one[1] in ("472", "434")]
    days = sorted(day for both in stated for day in both.split("-"))
    iso = [f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in days]
    return (iso[0], iso[-1]) if iso else (None, None)


def test_the_remittances_of_5010_pay_what_is_known_of_them() -> None:
    """Nine claims, 5156.75 paid; one of them (4000.00) does not balance and is held."""
    reports = of_kind("remittance_claim")
    assert sum(report.claims for report in reports) == 9 - 1
    paid = sum(Decimal(report.paid_amount or "") for report in reports)
    assert paid == Decimal("5156.75") - Decimal("4000.00")


def test_all_kinds_are_there() -> None:
    feeds = Counter(check_file(X12 / name).feed for name in TAKEN)
    assert feeds == {"medical_claim": 25, "remittance_claim": 5, "eligibility": 8}


def test_a_production_layout_refuses_test_interchanges() -> None:
    tests = [name for name in TAKEN if Naive.of(raw(name)).named("ISA")[0][15] == "T"]
    assert len(tests) > 20
    assert {check_file(X12 / name, "x12").refused for name in tests} == {"X-TEST"}


def test_compression_changes_nothing(tmp_path: Path) -> None:
    name = "moov/moov_837p_sample.txt"
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(raw(name)))
    plain, inflated = check_file(X12 / name).as_json(), check_file(packed).as_json()
    assert {**plain, "path": ""} == {**inflated, "path": ""}
