"""What may stand in a payor's file: every fault is said with its place and what is expected."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from ingestion.contract import feed_names, layout_names, load_layout
from ingestion.errors import ContractError

NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")
KEYS = (
    "payor", "name", "country", "region", "currency", "time_zone", "feeds", "runout_months",
    "member_month_rule", "service_code_system", "procedure_bridge", "adjustments", "charge_level",
    "claim_suffix", "reversal_sign", "service_date_grain", "fees", "linkage", "sample_note",
    "deliveries",
)  # fmt: skip
LINK_KEYS = ("upper", "lower", "margin")
LINK_FLOOR, MARGIN_LIMIT = Decimal("0.5"), 100
FEE_KEYS = ("pepm", "implementation", "contract_start", "contract_months")
REQUIRED = KEYS[:7]
REGIONS = ("north_america", "europe", "asia_pacific", "latin_america", "middle_east_africa")
ADJUSTMENTS = ("replacement", "reversal_pair", "none")
CHARGE_LEVELS = ("line", "header_institutional")
REVERSAL_SIGNS = ("negative", "unsigned")
DATE_GRAINS = ("day", "month", "quarter")
MEMBER_MONTH_RULES = ("any_day", "first_day", "day_15", "full_month")
CODE_SYSTEM = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
RUNOUT_LIMIT, CONTRACT_LIMIT, NAME_LENGTH = 36, 600, 200
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)
LATERALITIES = ("left", "right", "bilateral", "")
FILE_LIMIT = 1 << 20
# ISO 3166-1, two letters.
COUNTRIES = frozenset("""
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
""".split())  # fmt: skip  # noqa: SIM905


class PayorFileError(ValueError):
    """The file cannot be used. Facts: field, reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"E-PAYOR-FILE {field}: {reason}")
        self.field, self.reason = field, reason


def document(content: bytes) -> dict[str, Any]:
    """The parsed YAML of a payor's file: its keys are known and the required ones are there.

    Raises PayorFileError, with the line where the YAML itself is broken.
    """
    if len(content) > FILE_LIMIT:
        raise PayorFileError("file", "larger than 1 MiB")
    try:
        found = yaml.safe_load(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1} column {mark.column + 1}" if mark else "file"
        raise PayorFileError(place, getattr(error, "problem", None) or "not YAML") from None
    except (ValueError, RecursionError):
        raise PayorFileError(
            "file", "holds a value that YAML cannot read, such as a day that does not exist"
        ) from None
    if not isinstance(found, dict):
        raise PayorFileError("file", "not a mapping")
    for key in found:
        if key not in KEYS:
            raise PayorFileError(_shown(key), f"not a key; known are {', '.join(KEYS)}")
    for field in REQUIRED:
        if found.get(field) in (None, "", {}, []):
            raise PayorFileError(field, "missing")
    return found


def _shown(key: object) -> str:
    """A key as it may be repeated: an identifier, or nothing of it."""
    return key if isinstance(key, str) and NAME.fullmatch(key) else "key"


def word(found: dict[str, Any], field: str, default: str | None = None) -> str:
    """A text; YAML reads NO as false and 2024 as a number. Raises PayorFileError."""
    value = found.get(field, default)
    if not isinstance(value, str):
        raise PayorFileError(field, "not a text: put it in quotes")
    return value


def feeds(value: object) -> dict[str, str]:
    """feed -> layout; both exist and fit together. Raises PayorFileError."""
    if not isinstance(value, dict):
        raise PayorFileError("feeds", "not a mapping of feeds to layouts")
    for feed, layout in value.items():
        if feed not in feed_names():
            raise PayorFileError(f"feeds.{_shown(feed)}", f"no feed; {_near(feed_names())}")
        if layout not in layout_names():
            raise PayorFileError(f"feeds.{feed}", f"no such layout; {_near(layout_names())}")
        try:
            covered = load_layout(layout).feeds
        except ContractError as error:
            raise PayorFileError(f"feeds.{feed}", str(error)) from None
        if feed not in covered:
            raise PayorFileError(f"feeds.{feed}", f"layout {layout} covers {', '.join(covered)}")
    return {str(feed): str(layout) for feed, layout in value.items()}


def _near(names: Iterable[str]) -> str:
    return f"one of {', '.join(names)}"


def fees(value: object) -> dict[str, Any]:
    """The mapping of fees, its keys known. Raises PayorFileError."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise PayorFileError("fees", "not a mapping")
    for key in value:
        if key not in FEE_KEYS:
            raise PayorFileError(f"fees.{_shown(key)}", f"not a key; {_near(FEE_KEYS)}")
    start = value.get("contract_start")
    # a timestamp is a date in Python, not here
    if start is not None and (type(start) is not date or not FIRST_DAY <= start <= LAST_DAY):
        raise PayorFileError("fees.contract_start", "not a date YYYY-MM-DD of 1990 to 2099")
    if value.get("contract_months") and start is None:
        raise PayorFileError("fees.contract_start", "missing, though contract_months is there")
    return value


def linkage(value: object) -> dict[str, Any]:
    """The mapping of linkage terms, its keys known. Raises PayorFileError."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise PayorFileError("linkage", "not a mapping")
    for key in value:
        if key not in LINK_KEYS:
            raise PayorFileError(f"linkage.{_shown(key)}", f"not a key; {_near(LINK_KEYS)}")
    return value


def verify_linkage(upper: Decimal, lower: Decimal, margin: Decimal) -> None:
    """Raises PayorFileError."""
    if not LINK_FLOOR <= upper <= 1:
        raise PayorFileError("linkage.upper", f"not a probability of {LINK_FLOOR} to 1")
    if lower > upper:
        raise PayorFileError("linkage.lower", "above the upper bound")
    if margin > MARGIN_LIMIT:
        raise PayorFileError("linkage.margin", f"more than {MARGIN_LIMIT} bits")


def months(field: str, value: object, limit: int) -> int:
    """A whole number of months. Raises PayorFileError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
        raise PayorFileError(field, f"not a whole number of months, 0 to {limit}")
    return value


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def is_suffix(pattern: str) -> bool:
    """Nothing, or what PostgreSQL and Python read alike: plain signs, [0-9], counts, an end."""
    return (
        not pattern or re.fullmatch(r"(?:[-_./A-Z]|\[0-9\](?:\{\d\}|\+)?)+\$", pattern) is not None
    )


def verify_words(found: dict[str, str]) -> None:
    """The texts of a payor's file against their forms and closed lists. Raises PayorFileError."""
    lists = {
        "region": REGIONS,
        "adjustments": ADJUSTMENTS,
        "charge_level": CHARGE_LEVELS,
        "reversal_sign": REVERSAL_SIGNS,
        "service_date_grain": DATE_GRAINS,
        "member_month_rule": MEMBER_MONTH_RULES,
    }
    forms = (
        ("payor", NAME.fullmatch(found["payor"]), "2 to 31 lower case letters, digits and _"),
        ("name", 0 < len(found["name"].strip()) <= NAME_LENGTH, f"1 to {NAME_LENGTH} characters"),
        ("country", found["country"] in COUNTRIES, "two letters of ISO 3166-1, quoted"),
        ("currency", re.fullmatch("[A-Z]{3}", found["currency"]), "three letters of ISO 4217"),
        ("service_code_system", CODE_SYSTEM.fullmatch(found["service_code_system"]),
         "the name of a code system in lower case"),
        ("claim_suffix", is_suffix(found["claim_suffix"]), "a pattern that ends in $, with digits"),
        ("time_zone", is_zone(found["time_zone"]), "an IANA time zone"),
        *((field, found[field] in allowed, _near(allowed)) for field, allowed in lists.items()),
    )  # fmt: skip
    for field, fits, expected in forms:
        if not fits:
            raise PayorFileError(field, f"expected {expected}")


def bridge_rows(content: bytes, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a procedure bridge, every field of the right kind. Raises PayorFileError by line."""
    field = "procedure_bridge"
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if tuple(reader.fieldnames or ()) != columns:
            raise PayorFileError(field, f"header must be {','.join(columns)}")
        rows = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError:
        raise PayorFileError(field, "not UTF-8") from None
    except csv.Error:
        raise PayorFileError(field, "not CSV") from None
    for line, row in rows:
        problem = _bridge_problem(row)
        if problem:
            raise PayorFileError(f"{field} line {line}", problem)
    return [row for _, row in rows]


def _bridge_problem(row: dict[str, Any]) -> str | None:
    if None in row or None in row.values():
        return "not as many fields as the header"
    checks = (
        ("code_system", bool(row["code_system"])),
        ("code_prefix", bool(row["code_prefix"])),
        ("family_id", bool(row["family_id"])),
        ("extent_rank", re.fullmatch("[0-9]{1,4}", row["extent_rank"]) is not None),
        ("laterality", row["laterality"] in LATERALITIES),
        ("effective_from", _is_day(row["effective_from"])),
        ("effective_to", not row["effective_to"] or _is_day(row["effective_to"])),
        ("licence_class", bool(row["licence_class"])),
    )
    wrong = next((name for name, fits in checks if not fits), None)
    return f"{wrong} is empty or of the wrong form" if wrong else None


def _is_day(text: str) -> bool:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        return date.fromisoformat(text) <= date(9999, 12, 31)
    except ValueError:
        return False
