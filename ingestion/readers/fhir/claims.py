"""ExplanationOfBenefit and Claim as lines of medical_claim or pharmacy_claim."""

from __future__ import annotations

from collections.abc import Mapping

from ingestion.readers.fhir import kinds, money, supporting
from ingestion.readers.fhir.clinical_codes import diagnoses, procedures
from ingestion.readers.fhir.codings import (
    chosen,
    code_in,
    codings,
    first_code,
)
from ingestion.readers.fhir.elements import (
    Element,
    day,
    element,
    elements,
    number,
    plain,
    sequence,
    text,
)
from ingestion.readers.fhir.people import IN_FACILITY, RENDERING, CareTeam, claim_providers
from ingestion.readers.fhir.problems import Unused
from ingestion.readers.fhir.references import contained, logical_id, name
from ingestion.readers.fhir.versions import claim_id, version
from ingestion.records import CanonicalRow

SERVICES = ("hcpcs", "cpt", "cdt")
NO_MODIFIERS = "ndc_qty_qlfr_cd"


def claim_rows(resource: Element) -> list[CanonicalRow]:
    """Rows of one claim, at least one. Raises Unfit, or Unused for what is no claim yet."""
    if text(resource, "use") not in ("", "claim") or text(resource, "status") == "draft":
        raise Unused("I-KIND")
    inside = contained(resource)
    kind = kinds.claim_kind(resource)
    currencies: set[str] = set()
    items = elements(resource, "item") or [{}]
    whole = money.header(resource, currencies)
    stated = [money.of_line(item, currencies) for item in items]
    said = supporting.Supporting(resource)
    common = _common(resource, inside, said)
    common["currency_code"] = money.one_currency(currencies)
    numbers = _line_numbers(items)
    placed = money.place(whole, stated)
    lines = [
        {**common, "claim_line_number": at, **{column: plain(sum_) for column, sum_ in own.items()}}
        for at, own in zip(numbers, placed, strict=True)
    ]
    if kind == kinds.PHARMACY:
        return _pharmacy(resource, items, lines, inside, said)
    outer = kinds.reasons(elements(resource, "adjudication"))
    denied = kinds.claim_denial(resource, kind, outer, whole)
    claim = _medical_claim(resource, kind, inside, said)
    team = CareTeam(resource, inside)
    rows: list[CanonicalRow] = []
    for item, line, own in zip(items, lines, stated, strict=True):
        inner = kinds.reasons(elements(item, "adjudication"))
        status = denied or kinds.line_denial(item, inner, own) or {"claim_status": "paid"}
        service = _service(item, kind, team) | {"in_network_flag": kinds.network(inner, outer)}
        rows.append(("medical_claim", {**claim, **line, **status, **service}))
    return rows


def _common(
    resource: Element, inside: Mapping[str, Element], said: supporting.Supporting
) -> dict[str, str]:
    """Columns that medical and pharmacy claims share."""
    claim = claim_id(resource)
    insurance = elements(resource, "insurance") or [{}]
    focal = next((one for one in insurance if one.get("focal") is True), insurance[0])
    return {
        "claim_id": claim,
        "person_id": logical_id(element(resource, "patient"), inside),
        "payer": name(element(resource, "insurer"), inside),
        "plan": name(element(focal, "coverage"), inside),
        "paid_date": day(element(resource, "payment"), "date", "paid_date") or said.processed_day(),
        "data_source": text(element(resource, "meta"), "source"),
        **version(resource, claim, inside),
    }


def _line_numbers(items: list[Element]) -> list[str]:
    """The lines' own sequence where it is whole and unique, else their positions."""
    own = [sequence(item) for item in items]
    if None in own or len(set(own)) != len(own):
        return [str(at) for at in range(1, len(items) + 1)]
    return [str(at) for at in own]


def _span(item: Element) -> tuple[str, str]:
    """First and last day of a line; ('', '') if the line states none."""
    start, end = "claim_line_start_date", "claim_line_end_date"
    period = element(item, "servicedPeriod")
    if period:
        first = day(period, "start", start)
        return first, day(period, "end", end) or first
    single = day(item, "servicedDate", start)
    return single, single


# ── pharmacy ──────────────────────────────────────────────────────────────────────────────────


def _pharmacy(
    resource: Element,
    items: list[Element],
    lines: list[dict[str, str]],
    inside: Mapping[str, Element],
    fills: supporting.Supporting,
) -> list[CanonicalRow]:
    """A withdrawn claim is not stored: this feed has no voids."""
    team = CareTeam(resource, inside)
    billed = day(element(resource, "billablePeriod"), "start", "dispensing_date")
    providers = claim_providers(resource, kinds.PHARMACY, inside)
    if lines[0]["adjustment_type"] == "void":
        raise Unused("I-VOIDED")
    outer = kinds.reasons(elements(resource, "adjudication"))
    rows: list[CanonicalRow] = []
    for item, line in zip(items, lines, strict=True):
        del line["adjustment_type"], line["original_claim_id"]
        rows.append(("pharmacy_claim", line | {
            "prescribing_provider_npi": team.first(("prescribing", "primary"), item),
            "dispensing_provider_npi": providers["billing_npi"] or providers["facility_npi"],
            "dispensing_date": _span(item)[0] or billed,
            "ndc_code": _drug(item),
            "quantity": plain(number(element(item, "quantity"), "value", "quantity")),
            "days_supply": fills.quantity("dayssupply", "days_supply"),
            "refills": fills.quantity("refillnum", "refills"),
            "in_network_flag": kinds.network(
                kinds.reasons(elements(item, "adjudication")), outer
            ),
        }))  # fmt: skip
    return rows


def _drug(item: Element) -> str:
    """The drug's NDC, of the line or of its first part that has one."""
    for one in (item, *elements(item, "detail")):
        system, code = chosen(element(one, "productOrService"), ("ndc",))
        if system == "ndc":
            return code.replace("-", "")
    return ""


# ── medical ───────────────────────────────────────────────────────────────────────────────────


def _medical_claim(
    resource: Element, kind: str, inside: Mapping[str, Element], said: supporting.Supporting
) -> dict[str, str]:
    """Columns that all lines of a medical claim share."""
    billed = element(resource, "billablePeriod")
    return {
        "claim_type": kind,
        "sender_record_id": text(resource, "id"),
        "claim_start_date": day(billed, "start", "claim_start_date"),
        "claim_end_date": day(billed, "end", "claim_end_date"),
        "adjudicated_date": said.processed_day(),
        **supporting.stay(resource, kind, said),
        **claim_providers(resource, kind, inside),
        **diagnoses(resource, inside),
        **procedures(resource, inside),
    }


def _service(item: Element, kind: str, team: CareTeam) -> dict[str, str]:
    first, last = _span(item)
    quantity = number(element(item, "quantity"), "value", "service_unit_quantity")
    roles = IN_FACILITY if kind == kinds.INSTITUTIONAL else RENDERING
    row = {
        "claim_line_start_date": first,
        "claim_line_end_date": last,
        "place_of_service_code": _padded(_place(item), 2),
        "revenue_center_code": _padded(_revenue(item), 4),
        "service_unit_quantity": plain(quantity),
        "hcpcs_code": chosen(element(item, "productOrService"), SERVICES)[1],
        "rendering_npi": team.first(roles, item),
    }
    for at, code in enumerate(_modifiers(item)[:5], 1):
        row[f"hcpcs_modifier_{at}"] = code
    return row


def _place(item: Element) -> str:
    return first_code(element(item, "locationCodeableConcept"))


def _revenue(item: Element) -> str:
    """CMS keeps the revenue code in a system of its own and other codes in the general one."""
    concept = element(item, "revenue")
    for ending in ("rev_cntr", "CLM-REV-CNTR-CD"):
        if code := code_in(concept, ending):
            return code
    return first_code(concept)


def _modifiers(item: Element) -> list[str]:
    """Modifiers in order, each once, whether sent as several concepts or several codings."""
    found = [
        code
        for concept in elements(item, "modifier")
        for system, code in codings(concept)
        if not system.endswith(NO_MODIFIERS)
    ]
    return list(dict.fromkeys(found))


def _padded(code: str, width: int) -> str:
    """Leading zeros that a sender lost."""
    return code.zfill(width) if code.isdigit() else code
