"""Diagnoses and procedures of a claim, in their order, as numbered columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ingestion.readers.fhir.codings import chosen, codes, first_code
from ingestion.readers.fhir.elements import (
    Element,
    day,
    element,
    elements,
    sequence,
    short,
    text,
    texts,
)

MOST = 25
ICD_DIAGNOSES = ("icd-10-cm", "icd-9-cm", "icd-10-gm", "icd-10-who", "icd-9", "snodent")
ICD_PROCEDURES = ("icd-10-pcs", "icd-9-pcs", "ops", "icd-10-cm", "icd-9-cm", "icd-10-who", "cpt")
# Why the patient came and what was thought at admission: not what was found.
NOT_FINDINGS = frozenset({"admitting", "patientreasonforvisit"})
# The address of WHO's ICD-10 in American exports stands for the American modification.
AMERICAN = {"icd-10-who": "icd-10-cm", "icd-9": "icd-9-cm"}
AMERICAN_PROCEDURES = {
    "icd-10-who": "icd-10-pcs", "icd-10-cm": "icd-10-pcs", "icd-9-cm": "icd-9-pcs",
    "icd-9": "icd-9-pcs",
}  # fmt: skip
POA_EXTENSIONS = "poa_ind_sw"


def is_american(resource: Element) -> bool:
    """Whether a claim follows a profile or uses identifiers of the United States."""
    profiles = texts(element(resource, "meta"), "profile")
    systems = [text(one, "system") for one in elements(resource, "identifier")]
    return any("/us/" in one or "cms.gov" in one for one in (*profiles, *systems))


def _ordered(entries: list[Element]) -> list[tuple[set[str], Element]]:
    """Entries with their types, principal ones first, then by sequence, then as sent."""
    typed = [
        ({short(code) for kind in elements(one, "type") for code in codes(kind)}, one)
        for one in entries
    ]
    ranks = [
        ("principal" not in kinds, sequence(one) or 0, at) for at, (kinds, one) in enumerate(typed)
    ]
    return [typed[at] for *_, at in sorted(ranks)]


def _concept(entry: Element, name: str, inside: Mapping[str, Element]) -> Element:
    """The coded concept of an entry, also where it points to a contained resource."""
    direct = element(entry, f"{name}CodeableConcept")
    if direct:
        return direct
    target = text(element(entry, f"{name}Reference"), "reference")
    return element(inside.get(target[1:], {}), "code") if target.startswith("#") else {}


def diagnoses(resource: Element, inside: Mapping[str, Element]) -> dict[str, str]:
    """diagnosis_code_type, diagnosis_code_1…, diagnosis_poa_1…; a repeated code counts once."""
    found: dict[str, str] = {}
    kind = ""
    for kinds, entry in _ordered(elements(resource, "diagnosis")):
        if kinds and kinds <= NOT_FINDINGS:
            continue
        system, code = chosen(_concept(entry, "diagnosis", inside), ICD_DIAGNOSES)
        if not code:
            continue
        kind = kind or (AMERICAN.get(system, system) if is_american(resource) else system)
        code = code.replace(".", "").upper()
        found[code] = found.get(code) or _present(entry)
    row = {"diagnosis_code_type": kind} if found else {}
    for at, (code, present) in enumerate(list(found.items())[:MOST], 1):
        row[f"diagnosis_code_{at}"] = code
        row[f"diagnosis_poa_{at}"] = present
    return row


def _present(entry: Element) -> str:
    """Present on admission: R4's element, else the extension of older CMS exports."""
    stated = first_code(element(entry, "onAdmission"))
    return stated or next(_poa_extensions(entry), "")


def _poa_extensions(entry: Element) -> Iterator[str]:
    for one in elements(entry, "extension"):
        if POA_EXTENSIONS in text(one, "url"):
            yield text(element(one, "valueCoding"), "code")


def procedures(resource: Element, inside: Mapping[str, Element]) -> dict[str, str]:
    """procedure_code_type, procedure_code_1…, procedure_date_1…"""
    row: dict[str, str] = {}
    at = 0
    for _, entry in _ordered(elements(resource, "procedure")):
        system, code = chosen(_concept(entry, "procedure", inside), ICD_PROCEDURES)
        if not code or at == MOST:
            continue
        at += 1
        known = AMERICAN_PROCEDURES.get(system, system) if is_american(resource) else system
        row.setdefault("procedure_code_type", known)
        row[f"procedure_code_{at}"] = code.replace(".", "").upper()
        row[f"procedure_date_{at}"] = day(entry, "date", f"procedure_date_{at}")
    return row


def has_more_codes(resource: Element) -> bool:
    """Whether a claim states more diagnoses or procedures than there are columns."""
    stated = (resource.get("diagnosis"), resource.get("procedure"))
    return any(isinstance(one, list) and len(one) > MOST for one in stated)
