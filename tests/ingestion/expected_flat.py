"""What each public delimited file holds, from its raw text and a few lines a family.

Shares no code with the product. A day is ISO text; None = the family has no such figure.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.ingestion.samples import Rows, distinct, once, rows, total


@dataclass(frozen=True)
class Expected:
    """Figures of one file. stored: canonical rows of the main feed.

    held: code -> records in quarantine. money: whether amounts, claims and days are known at all.
    """

    feed: str
    rows: int
    members: int
    claims: int = 0
    charge: Decimal | None = None
    paid: Decimal | None = None
    stored: int | None = None
    first: str | None = None
    last: str | None = None
    held: dict[str, int] = field(default_factory=dict)
    money: bool = True


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
    figures = _claims("medical_claim", read, "BENE_ID", "CLM_ID", *amounts, None)
    starts = ("CLM_FROM_DT", "LINE_1ST_EXPNS_DT", "REV_CNTR_DT")
    ends = (*starts, "CLM_THRU_DT", "LINE_LAST_EXPNS_DT")
    return replace(figures, first=_first(read, starts), last=_last(read, ends))


def _first(read: Rows, names: tuple[str, ...]) -> str | None:
    return min((_iso(text) for row in read for n in names if (text := row.get(n))), default=None)


def _last(read: Rows, names: tuple[str, ...]) -> str | None:
    return max((_iso(text) for row in read for n in names if (text := row.get(n))), default=None)


def _beneficiaries(kind: str, read: Rows) -> Expected:
    if "history" in kind:
        return Expected("member", len(read), distinct(read, "BENE_ID"), stored=len(read))
    spans, covered = 0, []
    for row in read:
        months = "".join(row[f"MDCR_ENTLMT_BUYIN_{n}_IND"] or "0" for n in range(1, 13))
        spans += len([run for run in months.split("0") if run])
        year, death = int(row["RFRNC_YR"]), row.get("DEATH_DT")
        covered += _months(year, [at for at, code in enumerate(months, 1) if code != "0"],
                           _iso(death) if death else "")  # fmt: skip
    return Expected("eligibility", len(read), distinct(read, "BENE_ID"), stored=spans,
                    **_ends(covered))  # fmt: skip


def _months(year: int, months: Iterable[int], death: str) -> list[tuple[str, str]]:
    """First and last day of each covered month; a death ends the one it falls into."""
    days = []
    for month in months:
        first, last = f"{year}-{month:02}-01", f"{year}-{month:02}-{monthrange(year, month)[1]}"
        days.append((first, death if first <= death < last else last))
    return days


def _ends(days: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "first": min((first for first, _ in days), default=None),
        "last": max((last for _, last in days), default=None),
    }


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
    if text[4:5] == "-":  # a day or a timestamp
        return text[:10]
    form = "%Y%m%d" if len(text) == 8 else "%d-%b-%Y"
    return datetime.strptime(text, form).date().isoformat()


def synpuf(path: Path) -> Expected:
    read, zero = rows(path, ","), Decimal(0)
    if "Beneficiary" in path.name:
        months = ("BENE_HI_CVRAGE_TOT_MONS", "BENE_SMI_CVRAGE_TOT_MONS")
        covered = sum(any(int(row[name]) for name in months) for row in read)
        return Expected("eligibility", len(read), distinct(read, "DESYNPUF_ID"), stored=covered,
                        **_ends(_synpuf_days(path, read)))  # fmt: skip
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


def _synpuf_days(path: Path, read: Rows) -> list[tuple[str, str]]:
    """The first months of the year of the name, the last ones for whoever turns 65 in it."""
    year = int(path.name.split("_")[2])
    days = []
    for row in read:
        count = max(int(row["BENE_HI_CVRAGE_TOT_MONS"]), int(row["BENE_SMI_CVRAGE_TOT_MONS"]))
        turns = year - int(row["BENE_BIRTH_DT"][:4]) == 65
        months = range(13 - count, 13) if turns else range(1, count + 1)
        death = row["BENE_DEATH_DT"]
        days += _months(year, months, _iso(death) if death else "")
    return days


def synthea(path: Path) -> Expected:
    read, name = rows(path, ","), path.name.split(".")[0]
    count = len(read)
    if name == "patients":
        return Expected("member", count, distinct(read, "Id"), stored=count)
    if name == "payer_transitions":
        insured = [row for row in read if row.get("OWNERSHIP") or row.get("PLAN_OWNERSHIP")]
        return Expected("eligibility", count, distinct(read, "PATIENT"), stored=len(insured),
                        **_between(insured))  # fmt: skip
    if name in ("encounters", "conditions", "procedures"):
        return Expected("clinical_event", count, distinct(read, "PATIENT"), stored=count,
                        **_between(read))  # fmt: skip
    if name == "claims":
        zero, ids = Decimal(0), distinct(read, "Id")
        days = sorted(row["SERVICEDATE"][:10] for row in read)
        return Expected("medical_claim", count, distinct(read, "PATIENTID"), ids, zero, zero, count,
                        days[0], days[-1])  # fmt: skip
    charge = total(row["AMOUNT"] for row in read if row["TYPE"] == "CHARGE")
    paid = total(row["PAYMENTS"] for row in read if row["TYPE"] == "PAYMENT")
    return Expected(
        "medical_claim", count, distinct(read, "PATIENTID"), distinct(read, "CLAIMID"),
        charge, paid, sum(row["TYPE"] in ("CHARGE", "PAYMENT") for row in read),
        min(row["FROMDATE"] for row in read)[:10], max(row["TODATE"] for row in read)[:10],
    )  # fmt: skip


def _between(read: Rows) -> dict[str, Any]:
    starts, ends = ("START", "START_DATE", "START_YEAR", "DATE"), ("STOP", "END_DATE", "END_YEAR")
    return {"first": _first(read, starts), "last": _last(read, (*starts, *ends))}


def tuva(path: Path) -> Expected:
    """Of 2023 an institutional claim's amounts repeat on its lines, later only its charge does."""
    read, feed = rows(path, ","), path.name.split(".")[0].removesuffix("_47col")
    person = "person_id" if "person_id" in read[0] else "patient_id"
    members = len({row["member_id"] or row[person] for row in read})
    base = Expected(feed, len(read), members, stored=len(read))
    if feed == "eligibility":
        starts = ("enrollment_start_date",)
        ends = (*starts, "enrollment_end_date")
        return replace(base, first=_first(read, starts), last=_last(read, ends))
    base = replace(base, claims=distinct(read, "claim_id"))
    if feed == "pharmacy_claim":
        paid, day = total(row["paid_amount"] for row in read), ("dispensing_date",)
        charge = total(row.get("charge_amount", "") for row in read)
        return replace(base, charge=charge, paid=paid, first=_first(read, day),
                       last=_last(read, day))  # fmt: skip
    amounts = {}
    for column in ("charge_amount", "paid_amount"):
        repeats = column == "charge_amount" or person == "patient_id"
        hospital = [row for row in read if row["claim_type"] == "institutional" and row[column]]
        others = [row[column] for row in read if row["claim_type"] != "institutional"]
        sum_ = once if repeats else lambda rows, _, name: total(row[name] for row in rows)
        amounts[column.split("_")[0]] = sum_(hospital, "claim_id", column) + total(others)
    starts = ("claim_start_date", "claim_line_start_date")
    ends = (*starts, "claim_end_date", "claim_line_end_date")
    return replace(base, **amounts, first=_first(read, starts), last=_last(read, ends))
