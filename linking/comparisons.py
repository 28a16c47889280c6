"""What two descriptions are compared by, level by level, and which pairs are compared at all.

The levels are one-sided: the first that holds counts. Names by Jaro-Winkler similarity (Winkler
1990), dates and ids by Damerau-Levenshtein distance of one (a wrong, missing, added or exchanged
sign). The starting weights of `weights.csv` are what the linkage literature finds for
administrative data with this shape; they are used as they are until a payor has enough pairs.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).with_name("weights.csv")
SAME = "{0}_l = {0}_r"
CLOSE = "jaro_winkler_similarity({0}_l, {0}_r) >= 0.92"
SIMILAR = "jaro_winkler_similarity({0}_l, {0}_r) >= 0.8"
ONE_OFF = "damerau_levenshtein({0}_l, {0}_r) <= 1"
NAMES_SWAPPED = "given_l = family_r and family_l = given_r"
INITIAL = "least(length(given_l), length(given_r)) = 1 and given_l[1] = given_r[1]"
DAY_AND_MONTH_SWAPPED = (
    "birth_date_l[1:4] = birth_date_r[1:4] and birth_date_l[6:7] = birth_date_r[9:10]"
    " and birth_date_l[9:10] = birth_date_r[6:7]"
)
TWO_PARTS = (
    "cast(birth_date_l[1:4] = birth_date_r[1:4] as int)"
    " + cast(birth_date_l[6:7] = birth_date_r[6:7] as int)"
    " + cast(birth_date_l[9:10] = birth_date_r[9:10] as int) = 2"
)
# comparison -> (condition under which it says nothing, {level: condition}); the last is ELSE.
LEVELS: dict[str, tuple[str, dict[str, str]]] = {
    "given": (
        "given_l is null or given_r is null",
        {
            "same": SAME.format("given"),
            "swapped": NAMES_SWAPPED,
            "initial": INITIAL,
            "close": CLOSE.format("given"),
            "similar": SIMILAR.format("given"),
            "differs": "ELSE",
        },
    ),
    "family": (
        "family_l is null or family_r is null",
        {
            "same": SAME.format("family"),
            "swapped": NAMES_SWAPPED,
            "close": CLOSE.format("family"),
            "similar": SIMILAR.format("family"),
            "differs": "ELSE",
        },
    ),
    "birth_date": (
        "birth_date_l is null or birth_date_r is null",
        {
            "same": SAME.format("birth_date"),
            "typed_wrong": f"{ONE_OFF.format('birth_date')} or ({DAY_AND_MONTH_SWAPPED})",
            "two_parts": TWO_PARTS,
            "differs": "ELSE",
        },
    ),
    "sex": ("sex_l is null or sex_r is null", {"same": SAME.format("sex"), "differs": "ELSE"}),
    "place": (
        "postal_l is null or postal_r is null",
        {
            "same_address": "postal_l = postal_r and address_l = address_r",
            "same_postal": SAME.format("postal"),
            "same_area": "postal_l[1:3] = postal_r[1:3]",
            "differs": "ELSE",
        },
    ),
    "phone": (
        "phone_l is null or phone_r is null",
        {"same": SAME.format("phone"), "differs": "ELSE"},
    ),
    "email": (
        "email_l is null or email_r is null",
        {"same": SAME.format("email"), "differs": "ELSE"},
    ),
    "national_id": (
        "national_id_l is null or national_id_r is null",
        {
            "same": SAME.format("national_id"),
            "close": ONE_OFF.format("national_id"),
            "differs": "ELSE",
        },
    ),
    "card": ("card_l is null or card_r is null", {"same": SAME.format("card"), "differs": "ELSE"}),
}
# A frequent name agrees by chance more often than a rare one.
BY_FREQUENCY = ("given", "family")
RAREST = 0.0005  # no name counts as rarer than this: it may be a typing error
# Both comparisons see that the names are exchanged; `given` carries the whole weight of it.
WITHOUT_WEIGHT = {("family", "swapped")}
# A true pair must agree on one of these; typing errors spoil one or two fields, not all.
BLOCKS = (
    ("birth_date", "family"),
    ("birth_date", "given"),
    ("birth_date", "postal"),
    ("family", "given"),
    ("national_id",),
    ("card",),
    ("phone",),
    ("email",),
)
SWAPPED_BLOCK = "l.birth_date = r.birth_date and l.given = r.family"
# Agreement on one pair of fields that says nothing of the others: what is learned is joined.
TRAINING_BLOCKS = (("birth_date",), ("family", "given"))


Weights = dict[tuple[str, str], tuple[float, float]]


@cache
def starting_weights() -> Weights:
    """(comparison, level) -> (m, u): how often the level occurs among true and false pairs."""
    with WEIGHTS.open(encoding="utf-8", newline="") as file:
        return {
            (row["comparison"], row["level"]): (float(row["m"]), float(row["u"]))
            for row in csv.DictReader(file)
        }


def level_names(comparison: str) -> list[str]:
    """Names by Splink's comparison vector value: index 0 is ELSE, -1 (missing) is not in it."""
    return list(LEVELS[comparison][1])[::-1]


def comparisons(weights: Weights) -> list[dict[str, Any]]:
    """All comparisons as Splink settings with these weights."""
    return [
        _comparison(name, missing, levels, weights) for name, (missing, levels) in LEVELS.items()
    ]


def _comparison(
    name: str, missing: str, levels: dict[str, str], weights: Weights
) -> dict[str, Any]:
    nothing = {"sql_condition": missing, "label_for_charts": "missing", "is_null_level": True}
    found = [_level(name, level, condition, weights) for level, condition in levels.items()]
    return {"output_column_name": name, "comparison_levels": [nothing, *found]}


def _level(comparison: str, level: str, condition: str, weights: Weights) -> dict[str, Any]:
    m, u = weights[comparison, level]
    found: dict[str, Any] = {
        "sql_condition": condition,
        "label_for_charts": level,
        "m_probability": m,
        "u_probability": u,
    }
    if (comparison, level) in WITHOUT_WEIGHT:
        found |= {"fix_m_probability": True, "fix_u_probability": True}
    if level == "same" and comparison in BY_FREQUENCY:
        found |= {"tf_adjustment_column": comparison, "tf_minimum_u_value": RAREST}
    return found
