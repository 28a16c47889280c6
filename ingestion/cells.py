"""Cells of a Parquet column as the text that a delimited file would hold.

Exact: a decimal keeps its digits, a binary floating point number is its shortest decimal text that
reads back as the same number, a timestamp is its wall clock. Empty stands for null.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.errors import Refused

# Digits a 64-bit floating point number holds exactly: above it, whole numbers are rounded.
WHOLE_LIMIT = float(1 << 53)
TO_QUOTE = '[,"\r\n]'
DECIMALS = (pa.types.is_decimal32, pa.types.is_decimal64, pa.types.is_decimal)
TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_null)
BINARIES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary,
            pa.types.is_binary_view)  # fmt: skip
DATES = (pa.types.is_date, pa.types.is_time)


def _is(kind: pa.DataType, tests: tuple[Callable[[pa.DataType], bool], ...]) -> bool:
    return any(test(kind) for test in tests)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of a column's values, whether they are kept in a dictionary or not."""
    while pa.types.is_dictionary(kind):
        kind = kind.value_type
    return kind


def is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind)) or _is(kind, DECIMALS)


def require_known(kind: pa.DataType) -> None:
    """Raises Refused for a type that has no one text: E-NESTED or E-PARQUET."""
    kind = plain_type(kind)
    if pa.types.is_nested(kind):
        raise Refused("E-NESTED", 1)
    known = (*TEXTS, *BINARIES, *DATES, pa.types.is_timestamp, pa.types.is_boolean)
    if not is_number(kind) and not _is(kind, known):
        raise Refused("E-PARQUET", 1)


def text_of(column: pa.Array) -> pa.Array:
    """The cells as text, null where there is none. Raises Refused E-ENC."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if _is(kind, TEXTS):
        return column.cast(pa.string())
    if _is(kind, BINARIES):
        return _utf8(column)
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "1", "0")
    if pa.types.is_timestamp(kind):
        return _timestamps(column)
    if _is(kind, DECIMALS):
        return _decimals(column)
    if pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    return column.cast(pa.string())


def _utf8(column: pa.Array) -> pa.Array:
    """Writers that know no text types write text as bytes."""
    try:
        return column.cast(pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        raise Refused("E-ENC", found="non-UTF8") from None


def _timestamps(column: pa.Array) -> pa.Array:
    """The wall clock of the column's own zone; midnight is a day."""
    if column.type.tz:
        column = pc.local_timestamp(column)
    days = column.cast(pa.date32(), safe=False).cast(pa.string())
    clock = pc.strftime(column, format="%Y-%m-%dT%H:%M:%S")
    is_day = pc.equal(pc.floor_temporal(column, unit="day"), column)
    return pc.if_else(is_day, days, clock)


def _decimals(column: pa.Array) -> pa.Array:
    """Without the zeros that only fill up the scale, never with an exponent."""
    if column.type.scale < 0:
        column = column.cast(pa.decimal256(76, 0))
    text = column.cast(pa.string())
    if pc.any(pc.match_substring(text, "E")).as_py():
        plain = [None if cell is None else f"{Decimal(cell):f}" for cell in text.to_pylist()]
        text = pa.array(plain, pa.string())
    if column.type.scale <= 0:
        return text
    text = pc.replace_substring_regex(text, r"(\.[0-9]*?)0+$", r"\1")
    return pc.replace_substring_regex(text, r"\.$", "")


def are_whole(column: pa.Array) -> bool:
    """Whether all numbers of a column are whole ones that lost no digit."""
    if pa.types.is_integer(column.type):
        return True
    if _is(column.type, DECIMALS):
        return not pc.any(pc.match_substring(_decimals(column), ".")).as_py()
    column = column.cast(pa.float64())
    right = pc.and_(pc.equal(pc.floor(column), column), pc.less_equal(pc.abs(column), WHOLE_LIMIT))
    return pc.all(right, min_count=0).as_py() is not False


def quoted(column: pa.Array) -> pa.Array:
    """Text cells as cells of a comma-separated line."""
    odd = pc.match_substring_regex(column, TO_QUOTE)
    if not pc.any(odd).as_py():
        return column
    inner = pc.replace_substring(column, '"', '""')
    return pc.if_else(odd, pc.binary_join_element_wise('"', inner, '"', ""), column)
