"""837 claims as rows: people, places, dates, codes, versions and balance."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from tests.ingestion.x12_files import HEAD_837, claim, interchange, take, text

Rows = list[dict[str, str]]


def rows(folder: Path, *bodies: list[str], guide: str = "005010X222A1") -> Rows:
    taken = take(folder, text(interchange([*HEAD_837, *chain(*bodies)], guide=guide)))
    assert taken.rejected == []
    return taken.rows["medical_claim"]


def rejected(folder: Path, body: list[str]) -> list[tuple[str, str | None]]:
    """Codes and columns of what is held; one more claim of the set is taken in."""
    taken = take(folder, text(interchange([*HEAD_837, *body, *claim("OTHER")])))
    assert {row["patient_control_number"] for row in taken.rows["medical_claim"]} == {"OTHER"}
    return [(code, column) for _, code, column in taken.rejected]


def replaced(body: list[str], old: str, *new: str) -> list[str]:
    at = next(at for at, segment in enumerate(body) if segment.startswith(old))
    return [*body[:at], *new, *body[at + 1 :]]


INSTITUTIONAL = [
    "HL*2*1*22*0", "SBR*P*18*GRP******CI", "NM1*IL*1*DOE*ANN****MI*M1",
    "CLM*H1*1000***11:A:1**A*Y*Y", "DTP*434*RD8*20251201-20251205",
    "DTP*435*DT*202512010830", "DTP*096*TM*1100", "CL1*1*7*01", "HI*ABK:I2101:::::::Y",
    "HI*ABJ:R079", "HI*ABF:E119:::::::N*ABF:I10:::::::U", "HI*ABN:W010XXA:::::::Y",
    "HI*BBQ:02H63JZ:D8:20251203", "HI*BBR:027034Z:D8:20251202", "HI*DR:247",
    "NM1*71*1*DOC*A****XX*1999999991", "LX*1", "SV2*0120**800*DA*4", "LX*2",
    "SV2*0360*HC:C1874*200*UN*1", "DTP*472*D8*20251202",
]  # fmt: skip


def test_a_professional_claim(tmp_path: Path) -> None:
    first, second = rows(tmp_path, claim())
    assert first == {
        "claim_id": "1234567893:C1", "patient_control_number": "C1",
        "claim_line_number": "1", "claim_type": "professional",
        "person_id": "M1", "member_id": "M1", "payer": "PAYOR ONE", "plan": "PLAN A",
        "claim_start_date": "2025-12-01", "claim_end_date": "2025-12-04",
        "claim_line_start_date": "2025-12-01", "claim_line_end_date": "2025-12-01",
        "place_of_service_code": "11", "service_unit_quantity": "1", "hcpcs_code": "G0101",
        "hcpcs_modifier_1": "25", "rendering_npi": "1234567893", "rendering_tin": "123456789",
        "billing_npi": "1234567893", "billing_tin": "123456789", "charge_amount": "60",
        "diagnosis_code_type": "icd-10-cm", "diagnosis_code_1": "E119", "diagnosis_code_2": "I10",
        "adjustment_type": "original",
        "data_source": "837 professional", "currency_code": "USD", "payment_basis": "submitted",
        "file_date": "2026-01-01", "sender_sequence": "13676430",
    }  # fmt: skip
    assert (second["charge_amount"], second["place_of_service_code"]) == ("40", "22")
    assert second["claim_line_end_date"] == "2025-12-04"


def test_an_institutional_claim(tmp_path: Path) -> None:
    first, second = rows(tmp_path, INSTITUTIONAL, guide="005010X223A2")
    codes = [first.get(f"diagnosis_code_{n}") for n in range(1, 6)]
    assert codes == ["I2101", "E119", "I10", "W010XXA", None]
    assert [first[f"diagnosis_poa_{n}"] for n in range(1, 5)] == ["Y", "N", "U", "Y"]
    procedures = [(first[f"procedure_code_{n}"], first[f"procedure_date_{n}"]) for n in (1, 2)]
    assert procedures == [("027034Z", "2025-12-02"), ("02H63JZ", "2025-12-03")]
    wanted = {
        "claim_type": "institutional", "bill_type_code": "111", "procedure_code_type": "icd-10-pcs",
        "admission_date": "2025-12-01", "discharge_date": "2025-12-05", "admit_type_code": "1",
        "admit_source_code": "7", "discharge_disposition_code": "01", "drg_code": "247",
        "facility_npi": "1234567893", "revenue_center_code": "0120",
        "claim_line_start_date": "2025-12-01", "claim_line_end_date": "2025-12-05",
    }  # fmt: skip
    assert {name: first[name] for name in wanted} == wanted
    assert "place_of_service_code" not in first
    assert (second["claim_line_start_date"], second["hcpcs_code"]) == ("2025-12-02", "C1874")


def test_a_patient_still_there_has_no_discharge(tmp_path: Path) -> None:
    body = replaced(INSTITUTIONAL, "CL1", "CL1*1*7*30")
    assert "discharge_date" not in rows(tmp_path, body, guide="005010X223A2")[0]


def test_a_dental_claim(tmp_path: Path) -> None:
    body = [*claim()[:5], "CLM*D1*150***11:B:1*Y*C*Y*Y", "DTP*472*D8*20260105", "LX*1",
            "SV3*AD:D7140*150****2", "TOO*JP*31"]  # fmt: skip
    (row,) = rows(tmp_path, body, guide="005010X224A2")
    assert (row["claim_type"], row["hcpcs_code"], row["service_unit_quantity"]) == (
        "dental", "D7140", "2",
    )  # fmt: skip
    assert row["claim_line_start_date"] == "2026-01-05"


@pytest.mark.parametrize(
    ("frequency", "kind"),
    [("1", "original"), ("7", "replacement"), ("8", "void"), ("6", "replacement"),
     ("2", "original"), ("5", "original")],
)  # fmt: skip
def test_frequency_says_what_a_version_does(frequency: str, kind: str, tmp_path: Path) -> None:
    extra = ["REF*F8*ICN77"] if frequency in "78" else []
    row = rows(tmp_path, claim(frequency=frequency, extra=extra))[0]
    assert row["adjustment_type"] == kind
    assert row.get("original_claim_id", "") == ("ICN77" if extra else "")


def test_other_payers_say_nothing_of_this_claim(tmp_path: Path) -> None:
    other = ["SBR*S*18*******MC", "CAS*PR*1*20", "AMT*D*39.15", "OI***Y*P**Y",
             "NM1*IL*1*ROE*SAM****MI*OTHER1", "DMG*D8*19500101*M", "REF*SY*777777777",
             "NM1*PR*2*OTHER PAYOR*****PI*1", "DTP*573*D8*20251231", "REF*F8*THEIRS"]  # fmt: skip
    body = claim()
    at = body.index("LX*1")
    adjudicated = ["SVD*1*40*HC:G0101**1", "CAS*CO*42*3", "DTP*573*D8*20251015"]
    mixed = [*body[:at], *other, *body[at : at + 3], *adjudicated, *body[at + 3 :]]
    assert rows(tmp_path, mixed) == rows(tmp_path, body)


def dependent(*party: str) -> list[str]:
    body = claim()
    return [*body[:3], "NM1*PR*2*PAYOR ONE*****PI*99", "HL*3*2*23*0", "PAT*19", *party, *body[5:]]


def test_a_dependent_is_not_the_subscriber(tmp_path: Path) -> None:
    made = rows(tmp_path, dependent("NM1*QC*1*DOE*TIM LEE", "DMG*D8*20150203*M"))[0]
    assert (made["person_id"], made.get("member_id")) == ("M1-20150203-TIMLEE", None)
    own = rows(tmp_path, dependent("NM1*QC*1*DOE*TIM****MI*M1-02"))[0]
    assert (own["person_id"], own["member_id"]) == ("M1-02", "M1-02")


def test_people_do_not_leak_into_the_next_claim(tmp_path: Path) -> None:
    party = ["NM1*QC*1*DOE*TIM", "DMG*D8*20150203*M"]
    found = rows(tmp_path, dependent(*party), claim("C2", member="M2"))
    assert [row["person_id"] for row in found[::2]] == ["M1-20150203-TIM", "M2"]


def test_several_claims_of_one_person(tmp_path: Path) -> None:
    body = claim()
    found = rows(tmp_path, [*body, *claim("C2")[5:]])
    assert [(row["patient_control_number"], row["person_id"]) for row in found[::2]] == [
        ("C1", "M1"),
        ("C2", "M1"),
    ]


def test_rendering_provider_of_the_line_wins(tmp_path: Path) -> None:
    body = claim(extra=["NM1*82*1*DOC*A****XX*1000000001", "NM1*77*2*SITE*****XX*1000000002"])
    first, second = rows(tmp_path, [*body, "NM1*82*1*DOC*B****XX*1000000003", "REF*EI*9"])
    assert (first["rendering_npi"], second["rendering_npi"]) == ("1000000001", "1000000003")
    assert (first["facility_npi"], second["rendering_tin"]) == ("1000000002", "9")


def test_codes_of_icd_9_and_doubles(tmp_path: Path) -> None:
    row = rows(tmp_path, replaced(claim(), "HI", "HI*BK:25000*BF:4019*BF:4019", "HI*BK:25000"))[0]
    assert row["diagnosis_code_type"] == "icd-9-cm"
    assert [row.get(f"diagnosis_code_{n}") for n in (1, 2, 3)] == ["25000", "4019", None]


def test_more_codes_than_columns_are_told(tmp_path: Path) -> None:
    codes = [f"HI*ABF:E{n:03}" for n in range(40)]
    taken = take(tmp_path, text(interchange([*HEAD_837, *claim(extra=codes)])))
    assert taken.warnings == ["W-MORE"]
    assert taken.rows["medical_claim"][0]["diagnosis_code_25"] == "E023"


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ("CLM", "CLM*C1*101***11:B:1", "X-BAL3", "charge_amount"),
        ("CLM", "CLM*C1*1e2***11:B:1", "Q-NUM", "charge_amount"),
        ("CLM", "CLM*C1****11:B:1", "Q-REQ", "charge_amount"),
        ("CLM", "CLM**100***11:B:1", "Q-REQ", "claim_id"),
        ("CLM", "CLM*C1*100", "Q-REQ", "place_of_service_code"),
        ("CLM", f"CLM*{'C' * 81}*100***11:B:1", "Q-LEN", "claim_id"),
        ("NM1*IL", "NM1*IL*1*DOE*ANN", "Q-REQ", "person_id"),
        ("SV1", "SV1*HC:G0101*60,0*UN*1", "Q-NUM", "charge_amount"),
        ("SV1", "SV1*HC:G0101*60*UN*one", "Q-NUM", "service_unit_quantity"),
        ("DTP*472*D8", "DTP*472*D8*20251301", "Q-DATE", "claim_line_start_date"),
        ("DTP*472*D8", "DTP*472*D8*99991231", "Q-DATE", "claim_line_start_date"),
        ("DTP*472*D8", "DTP*472*XX*20251201", "Q-DATE", "claim_line_start_date"),
    ],
)
def test_a_claim_that_breaks_a_rule_is_held(
    old: str, new: str, code: str, column: str, tmp_path: Path
) -> None:
    assert rejected(tmp_path, replaced(claim(), old, new)) == [(code, column)]


def test_a_claim_without_lines_is_held(tmp_path: Path) -> None:
    assert rejected(tmp_path, claim()[:7]) == [("X-SEG", "claim_line_number")]


@pytest.mark.parametrize(
    ("sent", "stored"), [(".5", "0.5"), ("60.", "60"), ("007", "7"), ("-0.50", "-0.50")]
)
def test_numbers_as_the_standard_writes_them(sent: str, stored: str, tmp_path: Path) -> None:
    body = [*claim()[:5], f"CLM*C1*{sent}***11:B:1", "LX*1", f"SV1*HC:G0101*{sent}*UN*1",
            "DTP*472*D8*20251201"]  # fmt: skip
    assert rows(tmp_path, body)[0]["charge_amount"] == stored


def test_a_line_end_inside_an_element_becomes_a_space(tmp_path: Path) -> None:
    body = replaced(claim(), "NM1*PR", "NM1*PR*2*PAYOR\r\n  ONE*****PI*99")
    assert rows(tmp_path, body)[0]["payer"] == "PAYOR ONE"
