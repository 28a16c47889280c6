"""What a file of JSON lines is: resources that are read, or a known kind that is not."""

from __future__ import annotations

import json
import re
from typing import Any

from ingestion.records import Match

CLAIMS = ("ExplanationOfBenefit", "Claim")
FEEDS = {
    **dict.fromkeys(CLAIMS, "medical_claim"),
    "Coverage": "eligibility",
    "Patient": "member",
    **dict.fromkeys(("Encounter", "Condition", "Procedure"), "clinical_event"),
}
# Elements that tell the type where it stands behind the part of a long line that was seen.
TELLING = (
    (("benefitBalance", "careTeam", "billablePeriod", "item", "insurance"), "ExplanationOfBenefit"),
    (("beneficiary", "subscriberId"), "Coverage"),
    (("birthDate", "deceasedBoolean"), "Patient"),
    (("entry",), "Bundle"),
    (("issue",), "OperationOutcome"),
)
# Lines looked at before a file is given up; a first line that stops so goes on over the next ones.
LOOKED_AT, OPENING = 20, ("{", "[", ",", ":")
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]')
# Money of STU3 names its currency by this system; a line of STU3 has a service of its own.
OLD_MONEY, OLD_LINE = '"urn:iso:std:iso:4217"', '"service"'
OLD_NAMES = ("totalCost", "totalBenefit", "information")
# A Bundle of deletions holds requests and no resources.
DELETION, RESOURCE = re.compile(r'"method"\s*:\s*"DELETE"'), re.compile(r'"resource"\s*:')
KNOWN_MAJORS = ("0", "1", "2")
PROFILE_ADDRESS = "carin-bb/StructureDefinition"
PROFILE = re.compile(r"carin-bb/StructureDefinition/[A-Za-z0-9-]+\|([0-9]+)\.")


def recognise_start(start: str) -> Match | None:
    """What the first characters of a file are, None if they are no JSON of a kind known here."""
    first = start.lstrip().partition("\n")[0].rstrip()
    if first.startswith("{") and first.endswith(OPENING) and "\n" in start:
        return _spread(start)
    for line in start.split("\n")[:LOOKED_AT]:
        if line.lstrip().startswith("{") and (match := _of_line(line)):
            return match
    return None


def _spread(text: str) -> Match | None:
    """One resource over many lines: of a known kind, but never read."""
    names = top_level(text)
    kind = names.get("resourceType") or _telling(names)
    refused = refusal(kind, names, text)
    return _match(kind, refused or "F-LINE") if kind or refused else None


def _of_line(line: str) -> Match | None:
    names = _parsed(line) or top_level(line)
    kind = names.get("resourceType") or _telling(names)
    if kind is not None and not isinstance(kind, str):
        return None
    refused = refusal(kind, names, line)
    return _match(kind, refused) if kind or refused else None


def _match(kind: str | None, refused: str | None) -> Match:
    feed = FEEDS.get(kind or "", "clinical_event")
    if kind == "Bundle" and not refused:
        return Match("withdrawn_record", "its lines are Bundles of deletions")
    what = "its lines are FHIR resources" if kind else "its lines are records of an export"
    return Match(feed, what, 1.0, refused)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def top_level(text: str) -> dict[str, str | None]:
    """Names of the outermost object as far as it goes, with their values where those are text."""
    names: dict[str, str | None] = {}
    depth, key, is_value = 0, None, False
    for found in TOKEN.finditer(text):
        token = found[0]
        if token in "{[":
            depth += 1
            is_value = False
        elif token in "}]":
            depth -= 1
            if depth <= 0:
                break
        elif depth != 1:
            continue
        elif token == ":":
            is_value = True
        elif token == ",":
            is_value = False
        elif is_value and key is not None:
            names[key] = token[1:-1]
        else:
            key = token[1:-1]
            names.setdefault(key, None)
    return names


def _telling(names: dict[str, Any]) -> str | None:
    return next((kind for marks, kind in TELLING if any(mark in names for mark in marks)), None)


def refusal(kind: str | None, names: dict[str, Any], body: str) -> str | None:
    """Code of a kind of file that is never taken in, None if it is."""
    if kind is None:
        if "exportId" in names and "eventId" in names:
            return "F-LOG"
        return "F-MANIFEST" if {"transactionTime", "output"} <= names.keys() else None
    if kind == "OperationOutcome":
        return "F-ERROR"
    if kind == "Bundle":
        if DELETION.search(body) and not RESOURCE.search(body):
            return None
        return "F-STU3" if is_old_text(body) else "F-BUNDLE"
    if kind not in FEEDS:
        return "E-UNUSED"
    return release(kind, names, body)


def release(kind: str, resource: dict[str, Any], body: str) -> str | None:
    """F-STU3 or F-PROFILE for a resource of another release or profile, None for R4."""
    if kind in CLAIMS and (is_old_text(body) or any(name in resource for name in OLD_NAMES)):
        return "F-STU3"
    if PROFILE_ADDRESS in body and any(m not in KNOWN_MAJORS for m in PROFILE.findall(body)):
        return "F-PROFILE"
    if kind == "Encounter" and isinstance(resource.get("class"), list):
        return "F-PROFILE"  # R5
    return None


def is_old_text(body: str) -> bool:
    """STU3, whose money and claim lines a reader of R4 would find empty."""
    return (OLD_MONEY in body and '"currency"' not in body) or (
        OLD_LINE in body and '"productOrService"' not in body
    )
