"""Which claim a resource is a version of, and where it stands among the versions.

Exports give no version numbers, only when a resource was last changed. `sender_sequence` is that
instant in tens of seconds, raised by a tier: a claim that replaces another outranks every version
of the other, also one written later only to say that it was replaced; a Claim is what was
submitted and ranks below every ExplanationOfBenefit of the same claim.
"""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.readers.fhir.codings import codes
from ingestion.readers.fhir.elements import Element, element, elements, instant_order, text
from ingestion.readers.fhir.references import logical_id

TIER = 300_000_000
WITHDRAWN = ("cancelled", "entered-in-error")


def claim_id(resource: Element) -> str:
    """The payor's own id of the claim, else the resource's id.

    Claim and ExplanationOfBenefit of one claim share the former; a claim group is no claim.
    """
    for one in elements(resource, "identifier"):
        system = text(one, "system").lower()
        if system.endswith("claim-group"):
            continue
        is_unique = system.endswith("variables/clm_id") or "uc" in codes(element(one, "type"))
        if is_unique and (value := text(one, "value")):
            return value
    return text(resource, "id")


def version(resource: Element, claim: str, inside: Mapping[str, Element]) -> dict[str, str]:
    """adjustment_type, original_claim_id and sender_sequence."""
    prior = _related(resource, "prior", inside)
    prior = "" if prior == claim else prior
    replaced = _related(resource, "replacedby", inside)
    is_void = text(resource, "status") in WITHDRAWN or replaced not in ("", claim)
    order = instant_order(element(resource, "meta"), "lastUpdated")
    return {
        "adjustment_type": "void" if is_void else "replacement" if prior else "original",
        "original_claim_id": prior,
        "sender_sequence": str(order + TIER * _tier(resource, prior, replaced)),
    }


def _tier(resource: Element, prior: str, replaced: str) -> int:
    if resource.get("resourceType") == "Claim":
        return -1
    if not prior:
        return 0
    return 1 if replaced else 2


def _related(resource: Element, relationship: str, inside: Mapping[str, Element]) -> str:
    """Id of the first claim with that relationship, '' if there is none."""
    for one in elements(resource, "related"):
        if relationship in codes(element(one, "relationship")):
            return text(element(one, "reference"), "value") or logical_id(
                element(one, "claim"), inside
            )
    return ""
