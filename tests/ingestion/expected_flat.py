"""What each public delimited file holds, from its raw text and a few lines a family.

Shares no code with the product. A day is ISO text; None = the family has no such figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from tests.ingestion.samples import Rows, distinct, once, rows, total


@dataclass(frozen=True)
class Expected:
    """Figures of one file. stored: canonical rows of the main feed."""

    feed: str
    rows: int
    members: int
    claims: int = 0
    charge: Decimal | None = None
    paid: Decimal | None = None
    stored: int | None = None
    first: str | None = None
    last: str | None = None


def rif(path: Path) -> Expected:
    read = rows(path, "|")
    kind = path.name.split(".")[0].removeprefix("sample-a-").removeprefix("sample-u-")
    if kind.startswith("benefi"):
        return _beneficiaries(kind, read)
    if kind == "pde":
        plan = total(row["CVRD_D_PLAN_PD_AMT"] for row in read)
        plan += total(row["NCVRD_PLAN_PD_AMT"] for row in read)
        whole = total(row["TOT_RX_CST_AMT"] for row in read)
        return _claims("pharmacy_claim", read, "BENE_ID", "PDE_ID", whole, plan, "SRVC_DT")
    charge = "CLM_TOT_CHRG_AMT"
    if kind.startswith(("bcarrier", "carrier", "dme")):
        charge = "NCH_CARR_CLM_SBMTD_CHRG_AMT"
    amounts = once(read, "CLM_ID", charge), once(read, "CLM_ID", "CLM_PMT_AMT")
    return _claims("medical_claim", read, "BENE_ID", "CLM_ID", *amounts, None)


def _beneficiaries(kind: str, read: Rows) -> Expected:
    if "history" in kind:
        return Expected("member", len(read), distinct(read, "BENE_ID"), stored=len(read))
    spans = 0
    for row in read:
        months = "".join(row[f"MDCR_ENTLMT_BUYIN_{n}_IND"] or "0" for n in range(1, 13))
        spans += len([run for run in months.split("0") if run])
    return Expected("eligibility", len(read), distinct(read, "BENE_ID"), stored=spans)


def _claims(
    feed: str, read: Rows, member: str, claim: str, charge: Decimal, paid: Decimal,
    day: str | None,
) -> Expected:  # fmt: skip
    days = sorted(_iso(row[day]) for row in read) if day and read else [None]
    return Expected(
        feed, len(read), distinct(read, member), distinct(read, claim), charge, paid,
        stored=len(read), first=days[0], last=days[-1],
    )  # fmt: skip


def _iso(text: str) -> str:
    form = "%Y%m%d" if len(text) == 8 else "%d-%b-%Y"
    return datetime.strptime(text, form).date().isoformat()


def synpuf(path: Path) -> Expected:
    read, zero = rows(path, ","), Decimal(0)
    if "Beneficiary" in path.name:
        months = ("BENE_HI_CVRAGE_TOT_MONS", "BENE_SMI_CVRAGE_TOT_MONS")
        covered = sum(any(int(row[name]) for name in months) for row in read)
        return Expected("eligibility", len(read), distinct(read, "DESYNPUF_ID"), stored=covered)
    member = "DESYNPUF_ID"
    if "Drug" in path.name:
        cost, patient = (total(r[c] for r in read) for c in ("TOT_RX_CST_AMT", "PTNT_PAY_AMT"))
        return _claims("pharmacy_claim", read, member, "PDE_ID", cost, cost - patient, "SRVC_DT")
    if "Carrier" in path.name:
        paid = total(row[f"LINE_NCH_PMT_AMT_{n}"] for row in read for n in range(1, 14))
        lines = sum(bool(row[f"LINE_PRCSG_IND_CD_{n}"]) for row in read for n in range(1, 14))
    else:
        paid = total(row["CLM_PMT_AMT"] for row in read)
        if "Inpatient" in path.name:  # a continuation repeats the stay's amount
            stays: dict[str, Decimal] = {}
            for row in read:
                amount = Decimal(row["CLM_PMT_AMT"])
                stays[row["CLM_ID"]] = max(amount, stays.get(row["CLM_ID"], amount))
            paid = sum(stays.values(), zero)
        codes = (sum(bool(row[f"HCPCS_CD_{n}"]) for n in range(2, 46)) for row in read)
        lines = len(read) + sum(codes)
    days = sorted(_iso(row["CLM_FROM_DT"]) for row in read if row["CLM_FROM_DT"])
    ends = sorted(_iso(row["CLM_THRU_DT"]) for row in read if row["CLM_THRU_DT"])
    return Expected(
        "medical_claim", len(read), distinct(read, member), distinct(read, "CLM_ID"), zero, paid,
        lines, days[0] if days else None, ends[-1] if ends else None,
    )  # fmt: skip


def synthea(path: Path) -> Expected:
    read, name = rows(path, ","), path.name.split(".")[0]
    count = len(read)
    if name == "patients":
        return Expected("member", count, distinct(read, "Id"), stored=count)
    if name == "payer_transitions":
        insured = [row for row in read if row.get("OWNERSHIP") or row.get("PLAN_OWNERSHIP")]
        return Expected("eligibility", count, distinct(read, "PATIENT"), stored=len(insured))
    if name in ("encounters", "conditions", "procedures"):
        return Expected("clinical_event", count, distinct(read, "PATIENT"), stored=count)
    if name == "claims":
        zero, ids = Decimal(0), distinct(read, "Id")
        return Expected("medical_claim", count, distinct(read, "PATIENTID"), ids, zero, zero, count)
    charge = total(row["AMOUNT"] for row in read if row["TYPE"] == "CHARGE")
    paid = total(row["PAYMENTS"] for row in read if row["TYPE"] == "PAYMENT")
    return Expected(
        "medical_claim", count, distinct(read, "PATIENTID"), distinct(read, "CLAIMID"),
        charge, paid, sum(row["TYPE"] in ("CHARGE", "PAYMENT") for row in read),
        min(row["FROMDATE"] for row in read)[:10], max(row["TODATE"] for row in read)[:10],
    )  # fmt: skip


def tuva_2023(path: Path) -> Expected:
    read, feed = rows(path, ","), path.stem
    members = len({row["member_id"] or row["patient_id"] for row in read})
    if feed == "eligibility":
        return Expected(feed, len(read), members, stored=len(read))
    claims = distinct(read, "claim_id")
    if feed == "pharmacy_claim":
        paid = total(row["paid_amount"] for row in read)
        return Expected(feed, len(read), members, claims, Decimal(0), paid, len(read))
    amounts = []
    for column in ("charge_amount", "paid_amount"):
        hospital = [row for row in read if row["claim_type"] == "institutional" and row[column]]
        others = [row[column] for row in read if row["claim_type"] != "institutional"]
        amounts.append(once(hospital, "claim_id", column) + total(others))
    return Expected(feed, len(read), members, claims, *amounts, len(read))
