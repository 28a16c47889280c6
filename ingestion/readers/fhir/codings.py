"""Codings: which one of several to take, and what its system is called here."""

from __future__ import annotations

from functools import lru_cache

from ingestion.readers.fhir.elements import Element, element, elements, extension, text

# Endings of the systems' addresses; the first that fits names the system.
SYSTEMS = (
    ("icd-10-cm", "icd-10-cm"),
    ("2.16.840.1.113883.6.90", "icd-10-cm"),
    ("icd-9-cm", "icd-9-cm"),
    ("2.16.840.1.113883.6.103", "icd-9-cm"),
    ("icd-10-gm", "icd-10-gm"),
    ("icd-10-pcs", "icd-10-pcs"),
    ("icd10pcs", "icd-10-pcs"),
    ("coding/icd10", "icd-10-pcs"),
    ("2.16.840.1.113883.6.4", "icd-10-pcs"),
    ("icd-9-pcs", "icd-9-pcs"),
    ("sid/icd-10", "icd-10-who"),
    ("sid/icd-9", "icd-9"),
    ("bfarm/ops", "ops"),
    ("dimdi/ops", "ops"),
    ("snomed.info/sct", "snomed-ct"),
    ("loinc.org", "loinc"),
    ("umls/rxnorm", "rxnorm"),
    ("sid/cvx", "cvx"),
    ("sid/ndc", "ndc"),
    ("2.16.840.1.113883.6.69", "ndc"),
    ("go/cpt", "cpt"),
    ("ada.org/cdt", "cdt"),
    ("ada.org/snodent", "snodent"),
    ("hcpcsreleasecodesets", "hcpcs"),
    ("codesystem/hcpcs", "hcpcs"),
    ("variables/hcpcs_cd", "hcpcs"),
    ("2.16.840.1.113883.6.285", "hcpcs"),
)
ABSENT = "data-absent-reason"


@lru_cache(maxsize=1024)
def system_name(system: str) -> str:
    """Short name of a code system, its own address if it is not a known one."""
    lowered = system.lower().rstrip("/")
    return next((name for ending, name in SYSTEMS if lowered.endswith(ending)), system)


def codings(concept: Element) -> list[tuple[str, str]]:
    """(system address, code) of every coding with a code, in the order sent."""
    found = []
    for one in elements(concept, "coding"):
        code = text(one, "code")
        if code and not (system := text(one, "system")).endswith(ABSENT):
            found.append((system, code))
    return found


def codes(concept: Element) -> list[str]:
    return [code for _, code in codings(concept)]


def first_code(concept: Element) -> str:
    return next(iter(codes(concept)), "")


def chosen(concept: Element, preferred: tuple[str, ...]) -> tuple[str, str]:
    """(system name, code) of the most preferred system, else of the first coding; ('', '')."""
    named = [(system_name(system), code) for system, code in codings(concept)]
    for name in preferred:
        for pair in named:
            if pair[0] == name:
                return pair
    return named[0] if named else ("", "")


def code_in(concept: Element, ending: str) -> str:
    """The code of the system whose address ends so, '' if there is none."""
    return next((code for system, code in codings(concept) if system.endswith(ending)), "")


def extension_code(parent: Element, ending: str) -> str:
    """The code of a coded extension, '' if absent."""
    return text(element(extension(parent, ending), "valueCoding"), "code")
