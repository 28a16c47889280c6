"""Providers of a claim by the part they had in it."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.readers.fhir.codings import codes
from ingestion.readers.fhir.elements import Element, element, elements, sequence, short
from ingestion.readers.fhir.kinds import INSTITUTIONAL
from ingestion.readers.fhir.problems import Unfit
from ingestion.readers.fhir.references import npi, tax_id

RENDERING = ("rendering", "performing", "primary", "supervising")
IN_FACILITY = (*RENDERING, "attending", "operating")


class CareTeam:
    """Members of a claim's care team that have an NPI."""

    def __init__(self, resource: Element, inside: Mapping[str, Element]) -> None:
        self._members = [
            (sequence(one), {short(code) for code in codes(element(one, "role"))}, number)
            for one in elements(resource, "careTeam")
            if (number := npi(element(one, "provider"), inside))
        ]

    def first(self, roles: tuple[str, ...], item: Element) -> str:
        """NPI of the first role that is there, of the line's own team before the claim's."""
        named = item.get("careTeamSequence") or []
        if type(named) is not list:
            raise Unfit("F-SHAPE")
        own = [member for member in self._members if member[0] in named]
        for members in (own, self._members):
            for role in roles:
                for _, kinds, number in members:
                    if role in kinds:
                        return number
        return ""


def claim_providers(resource: Element, kind: str, inside: Mapping[str, Element]) -> dict[str, str]:
    """billing_npi, billing_tin, facility_npi: in a facility claim the biller is the facility."""
    provider = element(resource, "provider")
    billing = npi(provider, inside)
    facility = npi(element(resource, "facility"), inside)
    return {
        "billing_npi": billing,
        "billing_tin": tax_id(provider, inside),
        "facility_npi": facility or (billing if kind == INSTITUTIONAL else ""),
    }
