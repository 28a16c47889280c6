"""A payor's file: every fault has its place and says what is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse import payor_file
from warehouse.payor_checks import PayorFileError

GOOD = """\
payor: acme
name: Acme Health
country: US
region: north_america
currency: USD
time_zone: America/Chicago
feeds:
  eligibility: canonical_csv
fees:
  pepm: "0.85"
  contract_start: 2022-07-01
  contract_months: 48
"""
BRIDGE = (
    "code_system,code_prefix,family_id,extent_rank,laterality,excluded_qualifier,"
    "effective_from,effective_to,licence_class\n"
)


def fault(folder: Path, text: str) -> PayorFileError:
    path = folder / "acme.yml"
    path.write_text(text)
    with pytest.raises(PayorFileError) as found:
        payor_file.read(path)
    return found.value


def test_linkage_terms_have_defaults_and_bounds(tmp_path: Path) -> None:
    path = tmp_path / "acme.yml"
    path.write_text(GOOD + 'linkage:\n  upper: "0.999"\n  margin: "12"\n')
    payor, _ = payor_file.read(path)
    found = (payor.link_upper, payor.link_lower, payor.link_margin)
    assert tuple(map(str, found)) == ("0.999", "0.05", "12")
    for terms, field in (
        ('upper: "0.4"', "linkage.upper"),
        ('lower: "0.999"', "linkage.lower"),
        ('margin: "101"', "linkage.margin"),
        ('certainty: "1"', "linkage.certainty"),
    ):
        assert fault(tmp_path, f"{GOOD}linkage:\n  {terms}\n").field == field


def test_a_good_file(tmp_path: Path) -> None:
    path = tmp_path / "acme.yml"
    path.write_text(GOOD)
    payor, bridge = payor_file.read(path)
    assert (payor.payor_id, payor.contract_months, bridge) == ("acme", 48, None)


@pytest.mark.parametrize(("old", "new", "field", "reason"), [
    ("payor: acme", "payor: Acme", "payor", "lower case"),
    ("payor: acme", "payor: a'; drop table x", "payor", "lower case"),
    ("name: Acme Health", "name: 2024", "name", "quotes"),
    ("country: US", "country: NO", "country", "quotes"),
    ("country: US", "country: ZZ", "country", "ISO 3166"),
    ("north_america", "america", "region", "one of north_america"),
    ("currency: USD", "currency: usd", "currency", "ISO 4217"),
    ("America/Chicago", "America/Chicgo", "time_zone", "IANA"),
    ("eligibility: canonical_csv", "eligibilty: canonical_csv", "feeds.eligibilty", "no feed"),
    ("canonical_csv", "canonical_cvs", "feeds.eligibility", "no such layout"),
    ("eligibility: canonical_csv", "remittance_claim: canonical_csv", "feeds.remittance_claim",
     "layout canonical_csv covers"),
    ("feeds:\n  eligibility: canonical_csv", "feeds: [eligibility]", "feeds", "mapping"),
    ('"0.85"', "0.85", "fees.pepm", "quote amounts"),
    ('"0.85"', '"-1"', "fees.pepm", "amount"),
    ('"0.85"', '"NaN"', "fees.pepm", "amount"),
    ("  pepm", "  ppem", "fees.ppem", "not a key"),
    ("2022-07-01", "2022-13-01", "file", "day that does not exist"),
    ("2022-07-01", "3022-07-01", "fees.contract_start", "1990 to 2099"),
    ("  contract_start: 2022-07-01\n", "", "fees.contract_start", "missing"),
    ("contract_months: 48", "contract_months: many", "fees.contract_months", "whole number"),
    ("payor: acme\n", "", "payor", "missing"),
    ("name:", "nmae:", "nmae", "not a key"),
    ("feeds:", "feeds: [", "line 9 column 5", "expected"),
])  # fmt: skip
def test_a_fault_is_said_with_its_place(
    old: str, new: str, field: str, reason: str, tmp_path: Path
) -> None:
    found = fault(tmp_path, GOOD.replace(old, new, 1))
    assert found.field == field
    assert reason in found.reason


@pytest.mark.parametrize(("line", "field"), [
    ("runout_months: 40", "runout_months"),
    ("runout_months: true", "runout_months"),
    ("member_month_rule: sometimes", "member_month_rule"),
    ("adjustments: replacment", "adjustments"),
    ("charge_level: claim", "charge_level"),
    ("service_code_system: CPT 4", "service_code_system"),
    ("procedure_bridge: ../other.csv", "procedure_bridge"),
    ("deliveries: {complete: whenever}", "deliveries.complete"),
    ("deliveries: {settle_seconds: 0}", "deliveries.settle_seconds"),
    ("deliveries: {marker: .csv}", "deliveries.marker"),
    ("deliveries: {signed_by: ABC}", "deliveries.signed_by"),
    (f"deliveries: {{signed_by: {'A' * 40}}}", "deliveries.signed_by"),
    ("deliveries: {public_key: no.pub}", "deliveries.public_key"),
    ("deliveries: {absent_members: ends_coverage}", "deliveries.absent_members"),
    ("deliveries: {eligibility: both}", "deliveries.eligibility"),
    ("deliveries: {when: now}", "deliveries.when"),
])  # fmt: skip
def test_a_further_line_is_checked(line: str, field: str, tmp_path: Path) -> None:
    assert fault(tmp_path, f"{GOOD}{line}\n").field == field


@pytest.mark.parametrize("text", ["", "- a\n", "a\0b", "payor", "? [1]\n: 2\n", "\ufeff{"])
def test_no_payor_at_all(text: str, tmp_path: Path) -> None:
    fault(tmp_path, text)


@pytest.mark.parametrize(("row", "problem"), [
    ("hcpcs,27447,knee,1,left,,2000-01-01,,free", None),
    ("hcpcs,27447,knee,1,left,,2000-01-01,", "not as many fields"),
    ("hcpcs,27447,knee,one,left,,2000-01-01,,free", "extent_rank"),
    ("hcpcs,27447,knee,1,both,,2000-01-01,,free", "laterality"),
    ("hcpcs,27447,knee,1,left,,2000-02-30,,free", "effective_from"),
])  # fmt: skip
def test_a_bridge_is_checked_line_by_line(row: str, problem: str | None, tmp_path: Path) -> None:
    (tmp_path / "bridge.csv").write_text(f"{BRIDGE}{row}\n")
    text = f"{GOOD}procedure_bridge: bridge.csv\n"
    if problem is None:
        (tmp_path / "acme.yml").write_text(text)
        bridge = payor_file.read(tmp_path / "acme.yml")[1]
        assert bridge is not None
        assert len(bridge.rows) == 1
        return
    found = fault(tmp_path, text)
    assert found.field == "procedure_bridge line 2"
    assert problem in found.reason
