"""Read and check a payor's YAML file and its procedure bridge."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ingestion.errors import ContractError
from ingestion.terms import NOTHING_AGREED, Deliveries, parse
from warehouse import payor_checks as checks
from warehouse.payor_checks import PayorFileError

NOTE_LENGTH = 300
# Beyond any fee: a slip of units shows here.
AMOUNT_LIMIT = Decimal(10) ** 9
BRIDGE_COLUMNS = (
    "code_system",
    "code_prefix",
    "family_id",
    "extent_rank",
    "laterality",
    "excluded_qualifier",
    "effective_from",
    "effective_to",
    "licence_class",
)


@dataclass(frozen=True)
class Payor:
    """One payor: contract terms and the feeds it delivers (feed -> layout)."""

    payor_id: str
    name: str
    country_code: str
    region: str
    currency_code: str
    time_zone: str
    runout_months: int
    member_month_rule: str
    service_code_system: str
    adjustments: str
    charge_level: str
    claim_suffix: str  # pattern of the end of a claim id that numbers its versions, '' if none
    reversal_sign: str
    service_date_grain: str  # how exactly outpatient services are dated: day, month or quarter
    fee_pepm: Decimal
    fee_implementation: Decimal
    contract_start: date | None
    contract_months: int
    feeds: dict[str, str]
    config_hash: str
    link_upper: Decimal = Decimal("0.995")
    link_lower: Decimal = Decimal("0.05")
    link_margin: Decimal = Decimal("10")
    sample_note: str | None = None  # what the page says about how the members were chosen
    deliveries: Deliveries = NOTHING_AGREED


@dataclass(frozen=True)
class Bridge:
    """The payor's own codes -> procedure families, as delivered."""

    name: str
    content: bytes
    rows: list[dict[str, str]]


def read(path: Path) -> tuple[Payor, Bridge | None]:
    """The payor and its bridge, if any, of a YAML file. Raises PayorFileError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PayorFileError("file", f"cannot be read (errno {error.errno})") from None
    found = checks.document(content)
    bridge = _bridge(path, found.get("procedure_bridge"))
    digest = hashlib.sha256(content + b"\0" + (bridge.content if bridge else b"")).hexdigest()
    return _payor(path, found, digest), bridge


DEFAULTS = {
    "member_month_rule": "any_day",
    "service_code_system": "hcpcs",
    "adjustments": "replacement",
    "charge_level": "line",
    "claim_suffix": "",
    "reversal_sign": "negative",
    "service_date_grain": "day",
}
WORDS = ("payor", "name", "country", "region", "currency", "time_zone", *DEFAULTS)


def _payor(path: Path, found: dict[str, Any], digest: str) -> Payor:
    words = {field: checks.word(found, field, DEFAULTS.get(field)) for field in WORDS}
    checks.verify_words(words)
    fees = checks.fees(found.get("fees"))
    upper, lower, margin = _linkage(found.get("linkage"))
    contract_months = fees.get("contract_months", 0)
    return Payor(
        payor_id=words["payor"],
        name=words["name"],
        country_code=words["country"],
        currency_code=words["currency"],
        region=words["region"],
        time_zone=words["time_zone"],
        runout_months=checks.months(
            "runout_months", found.get("runout_months", 3), checks.RUNOUT_LIMIT
        ),
        **{field: words[field] for field in DEFAULTS},
        fee_pepm=_money("fees.pepm", fees.get("pepm", "0")),
        fee_implementation=_money("fees.implementation", fees.get("implementation", "0")),
        contract_start=fees.get("contract_start"),
        contract_months=checks.months(
            "fees.contract_months", contract_months, checks.CONTRACT_LIMIT
        ),
        feeds=checks.feeds(found["feeds"]),
        config_hash=digest,
        link_upper=upper,
        link_lower=lower,
        link_margin=margin,
        sample_note=_note(found.get("sample_note")),
        deliveries=_deliveries(path, found.get("deliveries")),
    )


def _bridge(path: Path, name: object) -> Bridge | None:
    if not name:
        return None
    file = beside(path, "procedure_bridge", str(name))
    content = file.read_bytes()
    return Bridge(file.name, content, checks.bridge_rows(content, BRIDGE_COLUMNS))


def key_file(path: Path) -> Path | None:
    """The public key that a payor's file names, if it names one. Raises PayorFileError."""
    agreed = checks.document(path.read_bytes()).get("deliveries")
    name = agreed.get("public_key") if isinstance(agreed, dict) else None
    return beside(path, "deliveries.public_key", name) if isinstance(name, str) else None


def _deliveries(path: Path, document: object) -> Deliveries:
    """What is agreed about deliveries; `public_key` names a file beside the payor's."""
    if document is None:
        return NOTHING_AGREED
    if isinstance(document, dict) and isinstance(document.get("public_key"), str):
        key = beside(path, "deliveries.public_key", document["public_key"])
        document = {**document, "public_key": key.read_text(encoding="ascii", errors="replace")}
    try:
        return parse(document)
    except ContractError as error:
        raise PayorFileError(error.where, error.problem) from None


def beside(path: Path, field: str, name: str) -> Path:
    """A file in the same folder as the payor's own. Raises PayorFileError."""
    file = path.parent / name
    if file.parent != path.parent or not file.is_file():
        raise PayorFileError(field, "not a file beside the payor's file")
    return file


def _money(field: str, value: object) -> Decimal:
    if isinstance(value, float):
        raise PayorFileError(field, "quote amounts: a bare number is read as binary")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise PayorFileError(field, "not an amount") from None
    if not amount.is_finite() or not 0 <= amount < AMOUNT_LIMIT:
        raise PayorFileError(field, "not an amount")
    return amount


def _linkage(value: object) -> tuple[Decimal, Decimal, Decimal]:
    """When a link is sure: upper and lower probability, margin in bits; see docs/linking.md."""
    terms = checks.linkage(value)
    upper = _money("linkage.upper", terms.get("upper", Payor.link_upper))
    lower = _money("linkage.lower", terms.get("lower", Payor.link_lower))
    margin = _money("linkage.margin", terms.get("margin", Payor.link_margin))
    checks.verify_linkage(upper, lower, margin)
    return upper, lower, margin


def _note(value: object) -> str | None:
    """Plain text of one paragraph; None without the key."""
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value.strip()) <= NOTE_LENGTH:
        raise PayorFileError("sample_note", f"a text of 1 to {NOTE_LENGTH} characters")
    return " ".join(value.split())
