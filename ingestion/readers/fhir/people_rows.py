"""Coverage as a span of eligibility, Patient as what is known of a member."""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.readers.fhir.codings import codes, extension_code, first_code
from ingestion.readers.fhir.elements import (
    Element,
    day,
    element,
    elements,
    instant_order,
    text,
    texts,
    whole_day,
)
from ingestion.readers.fhir.problems import Unfit
from ingestion.readers.fhir.references import contained, logical_id, name
from ingestion.records import CanonicalRow

OPEN_END = "9999-12-31"
# Identifier types of HL7's table 0203, and the systems that older exports give instead.
SOCIAL, MEDICARE, CARD, RECORD = ("SS",), ("MC",), ("MB", "SN"), ("MR", "PT")
OFFICIAL = ("official", "usual", "")


def coverage_rows(resource: Element) -> list[CanonicalRow]:
    """One span. No start, no span: nothing else in a Coverage says when it began.

    Raises Unfit; a Coverage that was never valid is Q-CODE on enrollment_status.
    """
    if text(resource, "status") in ("entered-in-error", "draft"):
        raise Unfit("Q-CODE", "enrollment_status")
    inside = contained(resource)
    period = element(resource, "period")
    end = day(period, "end", "enrollment_end_date")
    payors = elements(resource, "payor") or [{}]
    classes = _classes(resource)
    return [("eligibility", {
        "person_id": logical_id(element(resource, "beneficiary"), inside),
        "subscriber_id": text(resource, "subscriberId")
        or logical_id(element(resource, "subscriber"), inside),
        "enrollment_start_date": day(period, "start", "enrollment_start_date"),
        "enrollment_end_date": "" if end == OPEN_END else end,
        "payer": name(payors[0], inside),
        "payer_type": _type(resource),
        "plan": classes.get("plan", ""),
        "group_id": classes.get("group", ""),
        "subscriber_relation": first_code(element(resource, "relationship")),
        "enrollment_status": text(resource, "status"),
        "medicare_status_code": extension_code(resource, "ms_cd"),
        "original_reason_entitlement_code": extension_code(resource, "orec"),
        "data_source": text(element(resource, "meta"), "source"),
        "sender_sequence": str(instant_order(element(resource, "meta"), "lastUpdated")),
    })]  # fmt: skip


def _classes(resource: Element) -> dict[str, str]:
    """Class code -> value; the grouping of older exports reads the same."""
    older = element(resource, "grouping")
    found = {"group": text(older, "subGroup") or text(older, "group"),
             "plan": text(older, "subPlan") or text(older, "plan")}  # fmt: skip
    for one in elements(resource, "class"):
        for code in codes(element(one, "type")):
            found[code] = text(one, "value")
    return found


def _type(resource: Element) -> str:
    kind = element(resource, "type")
    return first_code(kind) or text(kind, "text")


def patient_rows(resource: Element) -> list[CanonicalRow]:
    """One row of what identifies a member. Raises Unfit."""
    named, lives = _name(resource), next(iter(elements(resource, "address")), {})
    died = text(resource, "deceasedDateTime")
    given = texts(named, "given")
    return [("member", {
        "person_id": text(resource, "id"),
        "gender": text(resource, "gender"),
        "race": _category(resource, "us_core_race") or extension_code(resource, "race"),
        "ethnicity": _category(resource, "us_core_ethnicity"),
        "birth_date": whole_day(resource, "birthDate", "birth_date"),
        "death_date": whole_day(resource, "deceasedDateTime", "death_date"),
        "death_flag": "1" if died or resource.get("deceasedBoolean") is True else "0",
        "first_name": given[0] if given else "",
        "middle_name": " ".join(given[1:]),
        "last_name": text(named, "family"),
        "name_suffix": " ".join(texts(named, "suffix")),
        "social_security_number": _identifier(resource, SOCIAL, "us-ssn"),
        "medicare_number": _identifier(resource, MEDICARE, "us-mbi"),
        "card_number": _identifier(resource, CARD, "/member-number"),
        "medical_record_number": _identifier(resource, RECORD, "/medical-record-number"),
        "address": ", ".join(texts(lives, "line")),
        "city": text(lives, "city"),
        "state": text(lives, "state"),
        "zip_code": text(lives, "postalCode"),
        "country": text(lives, "country"),
        "phone": _telecom(resource, "phone"),
        "email": _telecom(resource, "email"),
        "language": _language(resource),
        "data_source": text(element(resource, "meta"), "source"),
        "sender_sequence": str(instant_order(element(resource, "meta"), "lastUpdated")),
    })]  # fmt: skip


def _name(resource: Element) -> Element:
    """The official name, else the usual one, else one without a use, else the first."""
    named = elements(resource, "name")
    for use in OFFICIAL:
        for one in named:
            if text(one, "use") == use:
                return one
    return named[0] if named else {}


def _identifier(resource: Element, kinds: tuple[str, ...], ending: str) -> str:
    found = (
        text(one, "value")
        for one in elements(resource, "identifier")
        if set(kinds) & set(codes(element(one, "type"))) or text(one, "system").endswith(ending)
    )
    return next(filter(None, found), "")


def _category(resource: Element, ending: str) -> str:
    """Codes of the categories of a US Core race or ethnicity extension."""
    return " ".join(_category_codes(resource, ending))


def _category_codes(resource: Element, ending: str) -> Iterator[str]:
    for outer in elements(resource, "extension"):
        if text(outer, "url").replace("-", "_").endswith(ending):
            for one in elements(outer, "extension"):
                if text(one, "url") == "ombCategory":
                    yield text(element(one, "valueCoding"), "code")


def _telecom(resource: Element, system: str) -> str:
    contacts = elements(resource, "telecom")
    return next((text(one, "value") for one in contacts if text(one, "system") == system), "")


def _language(resource: Element) -> str:
    spoken = elements(resource, "communication")
    preferred = [one for one in spoken if one.get("preferred") is True] + spoken
    return first_code(element(preferred[0], "language")) if preferred else ""
