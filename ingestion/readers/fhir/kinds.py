"""Kinds of claims, from the closest coding to the widest, and what a claim says of denial."""

from __future__ import annotations

from ingestion.readers.fhir.codings import codings, extension_code
from ingestion.readers.fhir.elements import Element, element, short, texts
from ingestion.readers.fhir.money import Amounts

Reasons = dict[str, str]
INSTITUTIONAL, PROFESSIONAL, PHARMACY = "institutional", "professional", "pharmacy"
# CMS codes the record type beside the general claim type, which older exports get wrong for
# equipment suppliers and home health agencies.
NCH_TYPES = {
    **dict.fromkeys(("10", "20", "30", "40", "50", "60", "61", "62", "63", "64"), INSTITUTIONAL),
    **dict.fromkeys(("71", "72", "81", "82"), PROFESSIONAL),
    **dict.fromkeys(("1", "2", "01", "02", "03", "04"), PHARMACY),
}  # fmt: skip
EOB_TYPES = {
    **dict.fromkeys(("inpatient", "outpatient", "snf", "hha", "hospice"), INSTITUTIONAL),
    **dict.fromkeys(("carrier", "dme"), PROFESSIONAL),
    "pde": PHARMACY,
}
CLAIM_TYPES = {
    "institutional": INSTITUTIONAL,
    "professional": PROFESSIONAL,
    "pharmacy": PHARMACY,
    "oral": "dental",
    "dental": "dental",
    "vision": "vision",
}
SYSTEMS = (
    ("nch_clm_type_cd", NCH_TYPES),
    ("clm_type_cd", NCH_TYPES),
    ("eob_type", EOB_TYPES),
    ("claim_type", CLAIM_TYPES),
)
STATUS_SYSTEM = "C4BBPayerAdjudicationStatus"
# Words in the names of CARIN's profiles, for claims without a type coding.
PROFILES = (
    ("institutional", INSTITUTIONAL),
    ("professional", PROFESSIONAL),
    ("pharmacy", PHARMACY),
    ("oral", "dental"),
)
CARRIER_CODES, DENIED_BY_CARRIER = ("carr_clm_pmt_dnl_cd", "clm_carr_pmt_dnl_cd"), "0"
# Line processing codes of CMS under which a line was paid or applied; all others deny it.
PROCESSED = ("", "A", "R", "S")


def claim_kind(resource: Element) -> str:
    """institutional, professional, pharmacy, dental, vision or undetermined."""
    pairs = [(short(system), short(code)) for system, code in codings(element(resource, "type"))]
    for ending, kinds in SYSTEMS:
        for system, code in pairs:
            if system == ending and code in kinds:
                return kinds[code]
    named = [kind for _, code in pairs if (kind := CLAIM_TYPES.get(code))]
    return named[0] if named else _by_profile(resource)


def _by_profile(resource: Element) -> str:
    for profile in texts(element(resource, "meta"), "profile"):
        for word, kind in PROFILES:
            if "ExplanationOfBenefit" in profile and word in profile.lower():
                return kind
    return "undetermined"


def reasons(adjudications: list[Element]) -> Reasons:
    """Category -> first reason code of adjudications that carry a reason, not an amount.

    CARIN 1 has the status itself as a category.
    """
    found: dict[str, str] = {}
    for one in adjudications:
        for system, code in codings(element(one, "category")):
            if system.endswith(STATUS_SYSTEM):
                found.setdefault("status", code)
        if "reason" in one and (said := codings(element(one, "reason"))):
            for _, category in codings(element(one, "category")):
                found.setdefault(short(category), said[0][1])
    return found


def claim_denial(
    resource: Element, kind: str, said: Reasons, whole: Amounts
) -> dict[str, str] | None:
    """claim_status and denial_code of a claim denied as a whole, None if it is not.

    A claim with a payment is not denied, whatever its codes say.
    """
    if whole.get("paid_amount"):
        return None
    payment = [code for _, code in codings(element(element(resource, "payment"), "type"))]
    if "denied" in (*payment, *said.values()):
        return {"claim_status": "denied", "denial_code": said.get("denialreason", "")}
    carrier = (extension_code(resource, name) for name in CARRIER_CODES)
    if kind == PROFESSIONAL and DENIED_BY_CARRIER in carrier:
        return {"claim_status": "denied", "denial_code": ""}
    unpaid = extension_code(resource, "clm_mdcr_non_pmt_rsn_cd")
    if kind == INSTITUTIONAL and unpaid:
        return {"claim_status": "denied", "denial_code": unpaid}
    return None


def line_denial(item: Element, said: Reasons, stated: Amounts) -> dict[str, str] | None:
    """claim_status and denial_code of a line that is denied alone, None if it is not."""
    if stated.get("paid_amount"):
        return None
    processed = extension_code(item, "line_prcsg_ind_cd")
    if "denied" in said.values() or processed not in PROCESSED:
        return {"claim_status": "denied", "denial_code": said.get("denialreason", processed)}
    return None


def network(*said: Reasons) -> str:
    """in_network_flag of a line and its claim: '1', '0', or '' if nothing is said."""
    found = {reason for one in said for reason in one.values()}
    if "innetwork" in found:
        return "1"
    return "0" if "outofnetwork" in found else ""
