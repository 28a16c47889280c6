"""Scores pairs of descriptions with Splink on DuckDB: same input, same output, no network.

Fellegi and Sunter (1969): every comparison adds log2(m/u) to the weight of a pair. u is estimated
from random pairs, m by expectation maximisation over blocked pairs, when there is enough to learn
from; then the estimate is drawn towards the starting weights, which stand alone otherwise.
"""

from __future__ import annotations

import hashlib
import logging
import warnings
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.blocking_rule_library import CustomRule
from splink.internals.exceptions import SplinkException

from linking.comparisons import (
    BLOCKS,
    LEVELS,
    SWAPPED_BLOCK,
    TRAINING_BLOCKS,
    Weights,
    comparisons,
    level_names,
    starting_weights,
)
from linking.normalise import FIELDS

SEED = 20260701
RANDOM_PAIRS = 8e5
# Fewer records, or fewer of them in a training block, teach nothing that could be relied on.
MIN_RECORDS = 300
# The starting weights count like this many true pairs: what was never seen is not impossible.
PRIOR_PAIRS = 100
# Of the consultations of a payor's programme, how many concern one of its members.
SHARE_OF_MEMBERS = 0.9
DIGITS = 6
SCORED = ["record", "person", "weight", *LEVELS]


class ScoringFailed(RuntimeError):
    """The engine could not compare. Fact: cause, the name of its error."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"E-LINK-ENGINE {cause}")
        self.cause = cause


@dataclass(frozen=True)
class Scores:
    """pairs: one row per record and person compared (SCORED), a record's best first. weight: log2
    of the odds that they are the same person; levels by name, None = missing on one side.

    version: digest of the weights; learned: whether this payor's own data made them.
    """

    pairs: list[dict[str, Any]]
    version: str
    learned: bool


def score(records: pd.DataFrame, people: pd.DataFrame) -> Scores:
    """Compares every record with the people it shares a block with.

    records: `owner` (its key) and the normalised FIELDS, one row per record; people: the same,
    owner being the person (who may have several descriptions). Order of rows does not matter.
    Raises ScoringFailed.
    """
    if records.empty or people.empty:
        return Scores([], _version(starting_weights()), learned=False)
    try:
        return _score(records, people)
    except (duckdb.Error, SplinkException) as error:
        # its text may quote a value
        raise ScoringFailed(type(error).__name__) from None


def _score(records: pd.DataFrame, people: pd.DataFrame) -> Scores:
    with duckdb.connect(config=_closed()) as conn, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("splink").setLevel(logging.ERROR)
        _store(conn, "record", records)
        _store(conn, "person", people)
        learned = _learn(conn)
        weights = learned or starting_weights()
        return Scores(_pairs(_linker(conn, weights)), _version(weights), learned is not None)


def _closed() -> dict[str, str | bool | int | float | list[str]]:
    """One thread makes sums of floats come out the same; nothing is fetched or read from disk."""
    return {
        "threads": "1",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "enable_external_access": "false",
    }


def _version(weights: Weights) -> str:
    return hashlib.sha256(repr(sorted(weights.items())).encode()).hexdigest()[:12]


def _store(conn: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> None:
    """One row per owner and description, in an order and with ids that only the content decides."""
    names = ["owner", *FIELDS]
    rows = frame[names].drop_duplicates().sort_values(names, na_position="first")
    number = rows.groupby("owner").cumcount().astype(str)
    rows = rows.assign(unique_id=rows["owner"] + "/" + number).astype("string")
    conn.register("frame", rows)
    conn.execute(f"create table {table} as select * from frame order by unique_id")
    conn.unregister("frame")


def _linker(conn: duckdb.DuckDBPyConnection, weights: Weights) -> Linker:
    api = DuckDBAPI(connection=conn)
    # Splink orders the two sides by name
    tables = [
        api.register(table, dataset_display_name=f"{side}_{table}")
        for side, table in (("a", "record"), ("b", "person"))
    ]
    people = _number(conn, "select count(distinct owner) from person")
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=comparisons(weights),
        blocking_rules_to_generate_predictions=[
            *(block_on(*fields) for fields in BLOCKS),
            CustomRule(SWAPPED_BLOCK),
        ],
        probability_two_random_records_match=SHARE_OF_MEMBERS / people,
        retain_matching_columns=True,  # the levels come with them
        additional_columns_to_retain=["owner"],
        linker_uid="linking",
    )
    return Linker(tables, settings, log_level=None)


def _learn(conn: duckdb.DuckDBPyConnection) -> Weights | None:
    """Weights of this payor's own data; None when there is too little of it."""
    pairs = min(_training_records(conn, block) for block in TRAINING_BLOCKS)
    if pairs < MIN_RECORDS:
        return None
    linker = _linker(conn, starting_weights())
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
    for block in TRAINING_BLOCKS:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*block), estimate_without_term_frequencies=True
        )
    return _blended(linker.misc.save_model_to_json(), pairs)


def _training_records(conn: duckdb.DuckDBPyConnection, block: tuple[str, ...]) -> int:
    condition = " and ".join(f"l.{name} = r.{name}" for name in block)
    return _number(
        conn,
        f"select count(distinct l.owner) from record as l inner join person as r on {condition}",
    )


def _blended(model: dict[str, Any], pairs: int) -> Weights:
    """The learned m and u, each drawn towards its starting weight as by PRIOR_PAIRS pairs."""
    blended: Weights = {}
    for comparison in model["comparisons"]:
        for level in comparison["comparison_levels"]:
            key = comparison["output_column_name"], level["label_for_charts"]
            if level.get("is_null_level"):
                continue
            start = starting_weights()[key]
            learned = (level.get("m_probability"), level.get("u_probability"))
            blended[key] = (_mean(learned[0], start[0], pairs), _mean(learned[1], start[1], pairs))
    return blended


def _mean(learned: object, start: float, pairs: int) -> float:
    if not isinstance(learned, float):
        return start  # the level was never seen
    mean = (learned * pairs + start * PRIOR_PAIRS) / (pairs + PRIOR_PAIRS)
    return float(f"{mean:.{DIGITS}g}")


def _number(conn: duckdb.DuckDBPyConnection, query: str) -> int:
    # read to the end: a connection with an unfinished result takes no further work
    return int(conn.execute(query).fetchall()[0][0])


def _pairs(linker: Linker) -> list[dict[str, Any]]:
    """SCORED, the best of each person's descriptions."""
    found = linker.inference.predict(warning_mode="never").as_pandas_dataframe()
    columns: dict[str, Any] = {
        "record": found["owner_l"].astype(str),
        "person": found["owner_r"].astype(str),
        "weight": found["match_weight"].astype(float).round(4),
    }
    for name in LEVELS:
        levels = [*level_names(name), None]  # -1, missing, is the last
        columns[name] = [levels[int(at)] for at in found[f"gamma_{name}"]]
    order = ["record", "weight", "person", *LEVELS]
    pairs = pd.DataFrame(columns, dtype=object)
    pairs = pairs.sort_values(order, ascending=[True, False, *[True] * (len(order) - 2)])
    best = pairs.drop_duplicates(["record", "person"])
    return [dict(zip(SCORED, row, strict=True)) for row in best[SCORED].itertuples(index=False)]
