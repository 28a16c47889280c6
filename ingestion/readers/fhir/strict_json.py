"""One line of JSON, strictly: no duplicate key, no NaN, decimals exact, nesting bounded."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from ingestion.readers.fhir.problems import Unfit

DEPTH_LIMIT = 64
# A resource longer than this holds an attachment; claims with hundreds of lines stay far below.
RESOURCE_LIMIT = 4 << 20
# Decimals beyond these are no amounts; written out plainly, 1e400 would be 400 digits.
DIGITS_LIMIT = 40
NOT_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))


def read_object(line: str) -> dict[str, Any]:
    """The object on a line. Numbers are int or Decimal. Raises Unfit F-LINE, F-KEY or F-NUM."""
    if len(line) > RESOURCE_LIMIT:
        raise Unfit("F-LINE")
    try:
        value = DECODER.decode(line)
    except (json.JSONDecodeError, RecursionError):
        raise Unfit("F-LINE") from None
    if not isinstance(value, dict) or not is_shallow(line):
        raise Unfit("F-LINE")
    return value


def is_shallow(line: str) -> bool:
    """Whether brackets nest within the limit: inner pairs are taken away, one level a round."""
    brackets = line.encode("utf-8", "surrogatepass").translate(None, NOT_BRACKETS)
    for _ in range(DEPTH_LIMIT):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not brackets:
            return True
    return _depth(line) <= DEPTH_LIMIT


def _depth(line: str) -> int:
    """Deepest nesting, brackets inside strings left out. The slow way, for odd lines only."""
    deepest = depth = 0
    in_string = escaped = False
    for char in line:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "}]":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        raise Unfit("F-KEY")
    return built


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent that not even Decimal holds
        raise Unfit("F-NUM") from None
    if number and not -DIGITS_LIMIT < number.adjusted() < DIGITS_LIMIT:
        raise Unfit("F-NUM")
    return number


def _integer(text: str) -> int:
    if len(text) > DIGITS_LIMIT:
        raise Unfit("F-NUM")
    return int(text)


def _constant(_: str) -> Any:
    raise Unfit("F-NUM")  # NaN, Infinity, -Infinity


DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_decimal,
    parse_int=_integer,
    parse_constant=_constant,
)
