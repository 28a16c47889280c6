"""Encounter, Condition and Procedure as clinical events."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.readers.fhir.codings import chosen, first_code
from ingestion.readers.fhir.elements import (
    Element,
    element,
    elements,
    instant_order,
    text,
    whole_day,
)
from ingestion.readers.fhir.problems import Unused
from ingestion.readers.fhir.references import contained, logical_id, npi
from ingestion.records import CanonicalRow

PREFERRED = (
    "icd-10-cm", "icd-10-gm", "icd-10-pcs", "hcpcs", "cpt", "cdt", "ops", "icd-9-cm", "snomed-ct",
)  # fmt: skip


def encounter_rows(resource: Element) -> list[CanonicalRow]:
    inside = contained(resource)
    kinds = elements(resource, "type") or [{}]
    period = element(resource, "period")
    stay = element(resource, "hospitalization")
    return _event(resource, inside, "encounter", {
        "encounter_id": text(resource, "id"),
        "status": text(resource, "status"),
        "event_class": text(element(resource, "class"), "code"),
        **_coded("code", kinds[0]),
        **_coded("reason_code", next(iter(elements(resource, "reasonCode")), {})),
        "discharge_disposition_code": first_code(element(stay, "dischargeDisposition")),
        **_span(period, "start", "end"),
        "provider_npi": _participant(resource, inside),
        "facility_npi": npi(element(resource, "serviceProvider"), inside),
    })  # fmt: skip


def condition_rows(resource: Element) -> list[CanonicalRow]:
    inside = contained(resource)
    onset, ended = element(resource, "onsetPeriod"), element(resource, "abatementPeriod")
    kinds = elements(resource, "category") or [{}]
    return _event(resource, inside, "condition", {
        "encounter_id": logical_id(element(resource, "encounter"), inside),
        "status": first_code(element(resource, "clinicalStatus")),
        "verification_status": first_code(element(resource, "verificationStatus")),
        "event_class": first_code(kinds[0]),
        **_coded("code", element(resource, "code")),
        "event_start_date": whole_day(resource, "onsetDateTime", "event_start_date")
        or whole_day(onset, "start", "event_start_date"),
        "event_end_date": whole_day(resource, "abatementDateTime", "event_end_date")
        or whole_day(ended, "end", "event_end_date"),
        "recorded_date": whole_day(resource, "recordedDate", "recorded_date"),
    })  # fmt: skip


def procedure_rows(resource: Element) -> list[CanonicalRow]:
    inside = contained(resource)
    performed = element(resource, "performedPeriod")
    single = whole_day(resource, "performedDateTime", "event_start_date")
    days = _span(performed, "start", "end") if performed else {
        "event_start_date": single, "event_end_date": single,
    }  # fmt: skip
    performers = elements(resource, "performer") or [{}]
    return _event(resource, inside, "procedure", {
        "encounter_id": logical_id(element(resource, "encounter"), inside),
        "status": text(resource, "status"),
        "event_class": first_code(element(resource, "category")),
        **_coded("code", element(resource, "code")),
        **_coded("reason_code", next(iter(elements(resource, "reasonCode")), {})),
        "body_site_code": first_code(next(iter(elements(resource, "bodySite")), {})),
        **days,
        "provider_npi": npi(element(performers[0], "actor"), inside),
    })  # fmt: skip


def _event(
    resource: Element, inside: Mapping[str, Element], kind: str, row: dict[str, str]
) -> list[CanonicalRow]:
    if row["status"] == "entered-in-error" or row.get("verification_status") == "entered-in-error":
        raise Unused("I-VOIDED")
    meta = element(resource, "meta")
    common = {
        "event_id": text(resource, "id"),
        "event_type": kind,
        "person_id": logical_id(element(resource, "subject"), inside),
        "data_source": text(meta, "source"),
        "sender_sequence": str(instant_order(meta, "lastUpdated")),
    }
    return [("clinical_event", {**common, **row})]


def _coded(column: str, concept: Element) -> dict[str, str]:
    """The code as sent, with the short name of its system."""
    system, code = chosen(concept, PREFERRED)
    return {column: code, f"{column}_system": system if code else ""}


def _span(period: Element, start: str, end: str) -> dict[str, str]:
    return {
        "event_start_date": whole_day(period, start, "event_start_date"),
        "event_end_date": whole_day(period, end, "event_end_date"),
    }


def _participant(resource: Element, inside: Mapping[str, Element]) -> str:
    found = (npi(element(one, "individual"), inside) for one in elements(resource, "participant"))
    return next(filter(None, found), "")
