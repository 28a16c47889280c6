"""Who and what a reference means: relative, absolute, urn:uuid, contained, search or identifier."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.readers.fhir.codings import codes
from ingestion.readers.fhir.elements import Element, element, elements, text

NPI = ("us-npi", "2.16.840.1.113883.4.6")
TAX = ("2.16.840.1.113883.4.4", "us-ein")


def contained(resource: Element) -> dict[str, Element]:
    """Contained resources by id."""
    return {text(one, "id"): one for one in elements(resource, "contained")}


def logical_id(reference: Element, inside: Mapping[str, Element]) -> str:
    """Id of what is referred to, '' if nothing is.

    A contained resource has an id only in here: its first identifier stands for it.
    """
    target = text(reference, "reference")
    if target.startswith("#"):
        held = inside.get(target[1:], {})
        return next((text(one, "value") for one in elements(held, "identifier")), "")
    if "?identifier=" in target:
        return target.rpartition("|")[2]
    if target.startswith(("urn:uuid:", "urn:oid:")):
        return target.rpartition(":")[2]
    plain = target.partition("/_history/")[0].rpartition("/")[2]
    return plain or text(element(reference, "identifier"), "value")


def npi(reference: Element, inside: Mapping[str, Element]) -> str:
    return _numbered(reference, inside, NPI, "npi")


def tax_id(reference: Element, inside: Mapping[str, Element]) -> str:
    return _numbered(reference, inside, TAX, "tax")


def name(reference: Element, inside: Mapping[str, Element]) -> str:
    """What an organisation is called, else its identifier."""
    target = text(reference, "reference")
    held = inside.get(target[1:], {}) if target.startswith("#") else {}
    return (
        text(held, "name")
        or text(reference, "display")
        or text(element(reference, "identifier"), "value")
    )


def _numbered(
    reference: Element, inside: Mapping[str, Element], systems: tuple[str, ...], kind: str
) -> str:
    """The identifier of one kind, by its system's ending or its type."""
    target = text(reference, "reference")
    _, search, query = target.partition("?identifier=")
    if search:
        system, _, value = query.partition("|")
        return value if system.endswith(systems) else ""
    held = inside.get(target[1:], {}) if target.startswith("#") else {}
    for one in (element(reference, "identifier"), *elements(held, "identifier")):
        if text(one, "system").endswith(systems) or kind in map(
            str.lower, codes(element(one, "type"))
        ):
            return text(one, "value")
    return ""
