"""Supporting information of a claim: stay, bill type, DRG, fills, by category."""

from __future__ import annotations

from ingestion.readers.fhir.codings import codes, codings, extension_code, first_code
from ingestion.readers.fhir.elements import (
    Element,
    day,
    element,
    elements,
    number,
    plain,
    short,
)
from ingestion.readers.fhir.kinds import INSTITUTIONAL

PROCESSED = ("nch_wkly_proc_dt", "clm_nch_wkly_proc_dt")
BILL_LENGTH = 4


class Supporting:
    """Entries by each code of their category; CMS writes a general and a close one side by side."""

    def __init__(self, resource: Element) -> None:
        self._entries: dict[str, Element] = {}
        for one in elements(resource, "supportingInfo"):
            for category in codes(element(one, "category")):
                self._entries.setdefault(short(category), one)

    def entry(self, *categories: str) -> Element:
        """The entry of the first category that is there, empty if none is."""
        return next((self._entries[one] for one in categories if one in self._entries), {})

    def code(self, *categories: str) -> str:
        return first_code(element(self.entry(*categories), "code"))

    def quantity(self, category: str, field: str) -> str:
        return plain(number(element(self.entry(category), "valueQuantity"), "value", field))

    def processed_day(self) -> str:
        """The day CMS closed the week in which it processed the claim, '' elsewhere."""
        return day(self.entry(*PROCESSED), "timingDate", "adjudicated_date")


def stay(resource: Element, kind: str, said: Supporting) -> dict[str, str]:
    """Admission, discharge, bill type and DRG of a facility claim; nothing for others."""
    if kind != INSTITUTIONAL:
        return {}
    admitted = element(said.entry("admissionperiod"), "timingPeriod")
    drg_system, drg = _drg(resource, said)
    return {
        "admission_date": day(admitted, "start", "admission_date"),
        "discharge_date": day(admitted, "end", "discharge_date"),
        "admit_type_code": said.code("admtype", "clm_ip_admsn_type_cd"),
        "admit_source_code": said.code("pointoforigin", "admsrc", "clm_src_ip_admsn_cd"),
        "discharge_disposition_code": _two(said.code("discharge_status", "ptnt_dschrg_stus_cd")),
        "bill_type_code": _bill_type(resource, said),
        "drg_code_type": drg_system,
        "drg_code": drg.zfill(3) if drg.isdigit() else drg,
    }


def _two(code: str) -> str:
    return code.zfill(2) if code.isdigit() else code


def _drg(resource: Element, said: Supporting) -> tuple[str, str]:
    """(kind, code): supporting information, else the package of a diagnosis as R4 has it."""
    concepts = [element(said.entry("drg", "clm_drg_cd", "ms_drg"), "code")]
    concepts += [element(one, "packageCode") for one in elements(resource, "diagnosis")]
    for concept in concepts:
        for system, code in codings(concept):
            return ("apr-drg" if "apr" in system.lower() else "ms-drg"), code
    return "", ""


def _bill_type(resource: Element, said: Supporting) -> str:
    """Three characters: as a whole without its leading zero, else put together from its parts."""
    stated = said.code("typeofbill")
    if len(stated) == BILL_LENGTH and stated.startswith("0"):
        return stated[1:]
    if len(stated) != 1:
        return stated
    facility = extension_code(element(resource, "facility"), "clm_fac_type_cd")
    parts = (facility, extension_code(resource, "clm_srvc_clsfctn_type_cd"), stated)
    return "".join(parts) if all(parts) else ""
