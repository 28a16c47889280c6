"""Read and check a payor's YAML file and its procedure bridge."""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from ingestion.errors import ContractError
from ingestion.terms import NOTHING_AGREED, Deliveries, parse

NAME = re.compile(r"^[a-z][a-z0-9_]{1,30}$")
REGIONS = ("north_america", "europe", "asia_pacific", "latin_america", "middle_east_africa")
ADJUSTMENTS = ("replacement", "reversal_pair", "none")
CHARGE_LEVELS = ("line", "header_institutional")
REVERSAL_SIGNS = ("negative", "unsigned")
MEMBER_MONTH_RULES = ("any_day", "first_day", "day_15", "full_month")
NOTE_LENGTH = 300
REQUIRED = ("payor", "name", "country", "region", "currency", "time_zone", "feeds")
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


class PayorFileError(ValueError):
    """The file cannot be used. Facts: field, reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"E-PAYOR-FILE {field}: {reason}")
        self.field, self.reason = field, reason


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
    fee_pepm: Decimal
    fee_implementation: Decimal
    contract_start: date | None
    contract_months: int
    feeds: dict[str, str]
    config_hash: str
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
    content = path.read_bytes()
    document = yaml.safe_load(content)
    if not isinstance(document, dict):
        raise PayorFileError("file", "not a mapping")
    for field in REQUIRED:
        if not document.get(field):
            raise PayorFileError(field, "missing")
    bridge = _bridge(path, document.get("procedure_bridge"))
    digest = hashlib.sha256(content + b"\0" + (bridge.content if bridge else b"")).hexdigest()
    return _payor(path, document, digest), bridge


def _payor(path: Path, document: dict[str, Any], digest: str) -> Payor:
    fees = document.get("fees") or {}
    payor = Payor(
        payor_id=str(document["payor"]),
        name=str(document["name"]),
        country_code=str(document["country"]),
        region=str(document["region"]),
        currency_code=str(document["currency"]),
        time_zone=str(document["time_zone"]),
        runout_months=_number("runout_months", document.get("runout_months", 3)),
        member_month_rule=str(document.get("member_month_rule", "any_day")),
        service_code_system=str(document.get("service_code_system", "hcpcs")),
        adjustments=str(document.get("adjustments", "replacement")),
        charge_level=str(document.get("charge_level", "line")),
        claim_suffix=str(document.get("claim_suffix", "")),
        reversal_sign=str(document.get("reversal_sign", "negative")),
        fee_pepm=_money("fees.pepm", fees.get("pepm", "0")),
        fee_implementation=_money("fees.implementation", fees.get("implementation", "0")),
        contract_start=fees.get("contract_start"),
        contract_months=_number("fees.contract_months", fees.get("contract_months", 0)),
        feeds={str(feed): str(layout) for feed, layout in document["feeds"].items()},
        config_hash=digest,
        sample_note=_note(document.get("sample_note")),
        deliveries=_deliveries(path, document.get("deliveries")),
    )
    _verify(payor)
    return payor


def _verify(payor: Payor) -> None:
    faults = (
        ("payor", not NAME.match(payor.payor_id), "lower case letters, digits and _"),
        ("country", not re.fullmatch("[A-Z]{2}", payor.country_code), "two letters of ISO 3166-1"),
        ("region", payor.region not in REGIONS, f"one of {', '.join(REGIONS)}"),
        ("currency", not re.fullmatch("[A-Z]{3}", payor.currency_code), "three letters, ISO 4217"),
        ("adjustments", payor.adjustments not in ADJUSTMENTS, f"one of {', '.join(ADJUSTMENTS)}"),
        (
            "charge_level",
            payor.charge_level not in CHARGE_LEVELS,
            f"one of {', '.join(CHARGE_LEVELS)}",
        ),
        (
            "reversal_sign",
            payor.reversal_sign not in REVERSAL_SIGNS,
            f"one of {', '.join(REVERSAL_SIGNS)}",
        ),
        (
            "member_month_rule",
            payor.member_month_rule not in MEMBER_MONTH_RULES,
            f"one of {', '.join(MEMBER_MONTH_RULES)}",
        ),
        (
            "claim_suffix",
            not _is_suffix(payor.claim_suffix),
            "a pattern that ends in $, with digits",
        ),
        ("fees.contract_start", not isinstance(payor.contract_start, date | None), "a date"),
        ("time_zone", not _is_zone(payor.time_zone), "an IANA time zone"),
    )
    for field, is_faulty, reason in faults:
        if is_faulty:
            raise PayorFileError(field, reason)


def _is_suffix(pattern: str) -> bool:
    """Nothing, or what PostgreSQL and Python read alike: plain signs, [0-9], counts, an end."""
    return (
        not pattern or re.fullmatch(r"(?:[-_./A-Z]|\[0-9\](?:\{\d\}|\+)?)+\$", pattern) is not None
    )


def _bridge(path: Path, name: object) -> Bridge | None:
    if not name:
        return None
    file = beside(path, "procedure_bridge", str(name))
    content = file.read_bytes()
    reader = csv.DictReader(content.decode("utf-8-sig").splitlines())
    if tuple(reader.fieldnames or ()) != BRIDGE_COLUMNS:
        raise PayorFileError("procedure_bridge", f"header must be {','.join(BRIDGE_COLUMNS)}")
    return Bridge(file.name, content, list(reader))


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
    if not amount.is_finite() or amount < 0:
        raise PayorFileError(field, "not an amount")
    return amount


def _note(value: object) -> str | None:
    """Plain text of one paragraph; None without the key."""
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value.strip()) <= NOTE_LENGTH:
        raise PayorFileError("sample_note", f"a text of 1 to {NOTE_LENGTH} characters")
    return " ".join(value.split())


def _number(field: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise PayorFileError(field, "not a whole number of months")
    return value


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
