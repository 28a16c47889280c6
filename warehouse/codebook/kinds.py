"""The kinds of reference data: what each is, in which forms it is read, and who may use it.

`warehouse/reference/code_system.csv` lists the code systems; everything that is a code list is a
kind of its own name. The other kinds group, convert or price.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from pipeline.settings import ROOT

CODE_SYSTEMS = ROOT / "warehouse" / "reference" / "code_system.csv"
FREE = "US government work, public domain"
NATIONAL = "the publisher's terms; get your own copy"
ALWAYS = date(1900, 1, 1)
ICD_TEXT = (
    "the publisher's order file (number, code, header flag, short and long title at fixed columns)"
    " or codes file (code, title)"
)
CODE_CSV = "a code list as CSV (see below)"


@dataclass(frozen=True)
class CodeSystem:
    """A row of code_system.csv. family: systems of one family share their categories."""

    code_system: str
    subject: str
    family: str
    country_code: str
    has_ccsr: bool
    label: str

    @property
    def has_english_titles(self) -> bool:
        """Sides and encounters are read from the titles of the American list only."""
        return self.code_system == "icd-10-cm"


@dataclass(frozen=True)
class Kind:
    """form: how a file is read (key of `read.READERS`); target: where it goes (`write.WRITERS`).

    code_shape: pattern every code matches (of procedures also the tables they stand in);
    min_rows: a complete list is never shorter;
    year_starts: (month, day) on which a release named by a year begins, None = not dated by day;
    code_system: whose figures change with it, None = nobody's.
    """

    name: str
    title: str
    form: str
    target: str
    forms: str
    licence: str
    code_shape: str = r".+"
    min_rows: int = 1
    year_starts: tuple[int, int] | None = None
    code_system: str | None = None

    def default_from(self, release: str) -> date | None:
        """First day of a release named by its year (FY2024, 2024); None when the name says none."""
        if self.year_starts is None:
            return ALWAYS
        found = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", release)
        if found is None:
            return None
        month, day = self.year_starts
        return date(int(found[0]) - (1 if month > 6 else 0), month, day)


@cache
def code_systems() -> dict[str, CodeSystem]:
    """All code systems by name."""
    with CODE_SYSTEMS.open(encoding="utf-8", newline="") as stream:
        rows = [row | {"has_ccsr": row["has_ccsr"] == "true"} for row in csv.DictReader(stream)]
    return {str(row["code_system"]): CodeSystem(**row) for row in rows}


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name."""
    national = [
        Kind(
            system.code_system, system.label, "code_csv", "diagnosis", CODE_CSV,
            FREE if system.country_code == "US" else NATIONAL,
            r"[A-Z0-9]{2}[A-Z0-9*+#]{1,6}", year_starts=(1, 1), code_system=system.code_system,
        )
        for system in code_systems().values()
        if system.subject == "diagnosis" and system.code_system not in AMERICAN
    ]  # fmt: skip
    known = (*_american(), *national, *_groupings(), *_procedures(), *_money())
    return {kind.name: kind for kind in known}


AMERICAN = ("icd-10-cm",)


def _american() -> tuple[Kind, ...]:
    return (
        Kind(
            "icd-10-cm", "ICD-10-CM diagnoses, a fiscal year or its April update", "icd_text",
            "diagnosis", ICD_TEXT, FREE, r"[A-Z]\d[0-9A-Z][0-9A-Z]{0,4}", 60_000, (10, 1),
            "icd-10-cm",
        ),
        Kind(
            "icd-10-pcs", "ICD-10-PCS procedures", "icd_text", "catalogue", ICD_TEXT, FREE,
            r"[0-9A-HJ-NP-Z]{7}|[0-9A-HJ-NP-Z]{3}", 60_000, (10, 1),
        ),
        Kind(
            "ms-drg", "MS-DRG payment groups", "drg", "catalogue",
            "CSV: `ms_drg` (three digits), `mdc`, `medical_surgical`, `description`", FREE,
            r"\d{3}", 500, (10, 1),
        ),
        Kind(
            "hcpcs", "HCPCS level II items and services", "hcpcs", "catalogue",
            "CSV: `hcpcs`, `long_description`, `short_description`. Level I (CPT) and dental (CDT)"
            " rows are skipped and counted: they may not be used without a licence",
            FREE, r"[A-CE-Z]\d{4}|[A-Z][A-Z0-9]", 1_000, (1, 1),
        ),
        Kind(
            "place-of-service", "Places of service on professional claims", "place", "catalogue",
            "CSV: `place_of_service_code` (two digits), `description`", FREE, r"\d{2}", 30, (1, 1),
        ),
    )  # fmt: skip


def _groupings() -> tuple[Kind, ...]:
    return (
        Kind(
            "icd-10-cm-conversion", "Yearly conversion of ICD-10-CM codes, all years in one file",
            "conversion", "bridge",
            "CSV: `from_code`, `to_code`, `effective_from` (first day of the new code)", FREE,
            code_system="icd-10-cm",
        ),
        Kind(
            "gem-icd-9-cm", "General equivalence mappings, ICD-9-CM to ICD-10-CM", "gem",
            "crosswalk",
            "CSV: `icd9cm`, `icd10cm`, `flags` (five digits), or the publisher's text: the same"
            " three separated by spaces", FREE, r"[0-9VE][0-9]{2,4}", 10_000,
            code_system="icd-9-cm",
        ),
        Kind(
            "ccsr-dx", "CCSR categories of ICD-10-CM diagnoses", "ccsr", "ccsr",
            "the publisher's CSV (codes in single quotes) or a Parquet file of the same columns",
            FREE, r"[A-Z]\d[0-9A-Z][0-9A-Z]{0,4}", 60_000, code_system="icd-10-cm",
        ),
        Kind(
            "ccsr-pr", "CCSR categories of ICD-10-PCS procedures", "ccsr_procedure",
            "ccsr_procedure", "the publisher's CSV or a Parquet file of the same columns", FREE,
            r"[0-9A-HJ-NP-Z]{7}", 60_000,
        ),
    )  # fmt: skip


# Procedure lists that belong to others: system -> whose it is. None of their content ships.
LICENSED_PROCEDURES = {
    "cpt": "CPT, level I of HCPCS (American Medical Association)",
    "opcs-4": "OPCS-4 (United Kingdom)",
    "ops": "OPS (Germany)",
    "achi": "ACHI (Australia)",
    "sbs": "SBS (Saudi Arabia)",
    "ccam": "CCAM (France)",
    "cbhpm": "CBHPM and TUSS (Brazil)",
    "nhrpl": "NHRPL (South Africa)",
    "k-codes": "K codes (Japan)",
}
BRIDGE = "bridge-"


def _procedures() -> tuple[Kind, ...]:
    bridges = (
        Kind(
            f"{BRIDGE}{system}", f"Procedure families of {owner}", "procedure_bridge",
            "procedure_bridge",
            "CSV: `code_prefix`, `family_id`; optional `extent_rank` (0: the code does not say),"
            " `laterality` (left, right, bilateral), `excluded_qualifier` (last letter of codes"
            " that do not count), `effective_from`, `effective_to`",
            NATIONAL, r"[0-9A-Z][0-9A-Z/-]*", year_starts=(1, 1),
        )
        for system, owner in LICENSED_PROCEDURES.items()
    )  # fmt: skip
    rate = Kind(
        "family-rate", "Operations per 1,000 persons and year that a region expects",
        "family_rate", "family_rate",
        "CSV: `country_code`, `family_id`, `year`, `low`, `high`, `source`",
        "the source's terms", r"[A-Z]{2}",
    )  # fmt: skip
    return (*bridges, rate)


def _money() -> tuple[Kind, ...]:
    return (
        Kind(
            "country", "ISO 3166 countries with their market region", "country", "country",
            "CSV: `ISO3166-1-Alpha-2`, `Sub-region Name`",
            "ODC-PDDL for the tested edition", r"[A-Z]{2}", 200,
        ),
        Kind(
            "currency", "ISO 4217 currencies with their minor units", "currency", "currency",
            "CSV: `AlphabeticCode`, `MinorUnit`, `WithdrawalDate`",
            "ODC-PDDL for the tested edition", r"[A-Z]{3}", 100,
        ),
        Kind(
            "fx-ecb", "Daily reference rates of the euro", "fx_ecb", "fx",
            "the European Central Bank's history file: `Date`, then one column a currency",
            "free reuse with the European Central Bank named as source", min_rows=100,
        ),
        Kind(
            "fx-fred", "Monthly or annual rates of the US dollar by country", "fx_fred", "fx",
            "CSV: `Date`, `Country`, `Exchange rate`", "ODC-PDDL for the tested edition",
            min_rows=100,
        ),
        Kind(
            "ppp", "Purchasing power parities, units for one international dollar", "ppp", "ppp",
            "CSV: `Country ID` (two letters), `Year`, `PPP`", "CC BY 4.0, World Bank", r"[A-Z]{2}",
            1_000,
        ),
    )  # fmt: skip
