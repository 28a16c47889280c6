"""Catalogue rows become Great Expectations suites, pushed down to Postgres.

One check = one query asset limited to the check's rows + one suite of two expectations: the rows
it must have seen, and the rule. Results are counts only.
"""

from __future__ import annotations

import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ.setdefault("TQDM_DISABLE", "1")

import logging
import warnings
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)

from expectations.register import Check
from expectations.scope import WHERE, RunScope
from expectations.verdicts import Counts

COUNTS_ONLY: dict[str, Any] = {
    "result_format": "BASIC",
    "partial_unexpected_count": 0,
    "exclude_unexpected_values": True,
    "include_unexpected_rows": False,
}
_SEVERITY = {"S1": "critical", "S2": "critical", "S3": "warning"}


class CheckBroken(Exception):
    """The engine could not answer a check. Facts: check_id, cause (an exception's class name)."""

    def __init__(self, check_id: str, cause: str) -> None:
        super().__init__(f"{check_id}: {cause}")
        self.check_id = check_id
        self.cause = cause


def datasource(url: str) -> Any:
    """A Postgres datasource in a context that keeps nothing, shows nothing and calls nobody."""
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"great_expectations(\..*)?")
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    config = DataContextConfig(store_backend_defaults=stores, analytics_enabled=False)
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context.data_sources.add_postgres("warehouse", connection_string=url)


def population(check: Check, scope: RunScope) -> str:
    """The query whose rows the check judges, without any column it does not need.

    A rule's query has one boolean column `failed`; unknown counts as failed.
    """
    if check.check == "rule":
        rule = scope.fill(check.rule_path.read_text(encoding="utf-8"), **check.options)
        return (
            f"select coalesce(failed, true) as failed\nfrom (\n{rule.strip().rstrip(';')}\n) rule"
        )
    schema, _, relation = check.relation.partition(".")
    schema = {"raw": scope.raw, "work": scope.work}.get(schema, schema)
    where = scope.fill(WHERE[check.options.get("scope", "all")])
    return f"select {check.column} from {schema}.{relation} where {where}"


def expectation(check: Check) -> Any:
    """The check's own expectation."""
    return _BUILDERS[check.check](check, check.options, {"severity": _SEVERITY[check.severity]})


def evaluate(source: Any, check: Check, scope: RunScope) -> Counts:
    """Ask the database one check; raises CheckBroken when there is no answer."""
    asset = source.add_query_asset(check.check_id, query=population(check, scope))
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    suite = gx.ExpectationSuite(
        name=check.check_id,
        expectations=[gxe.ExpectTableRowCountToBeBetween(min_value=0), expectation(check)],
    )
    outcome = batch.validate(suite, result_format=COUNTS_ONLY)
    return _counts(check, {item.expectation_config.type: item for item in outcome.results})


def _counts(check: Check, results: dict[str, Any]) -> Counts:
    size = results.pop("expect_table_row_count_to_be_between", None)
    if size is None or len(results) != 1:
        raise CheckBroken(check.check_id, "no_result")
    (answer,) = results.values()
    for item in (size, answer):
        if _raised(item):
            raise CheckBroken(check.check_id, "exception_in_engine")
    rows = int(size.result["observed_value"])
    if "observed_value" in answer.result:
        return Counts(bool(answer.success), rows, int(answer.result["observed_value"]))
    judged = rows - int(answer.result.get("missing_count") or 0)
    return Counts(bool(answer.success), judged, int(answer.result["unexpected_count"] or 0))


def _raised(item: Any) -> bool:
    """GX keeps one exception record, or one per metric."""
    info = item.exception_info or {}
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(one.get("raised_exception") for one in info.values())


def _not_null(check: Check, options: dict[str, Any], extra: dict[str, Any]) -> Any:
    mostly = options.get("mostly", 1)
    return gxe.ExpectColumnValuesToNotBeNull(column=check.column, mostly=mostly, **extra)


def _between(check: Check, options: dict[str, Any], extra: dict[str, Any]) -> Any:
    return gxe.ExpectColumnValuesToBeBetween(
        column=check.column,
        min_value=options.get("min"),
        max_value=options.get("max"),
        mostly=options.get("mostly", 1),
        **extra,
    )


def _in_set(check: Check, options: dict[str, Any], extra: dict[str, Any]) -> Any:
    return gxe.ExpectColumnValuesToBeInSet(
        column=check.column,
        value_set=options["values"],
        mostly=options.get("mostly", 1),
        **extra,
    )


def _matches(check: Check, options: dict[str, Any], extra: dict[str, Any]) -> Any:
    return gxe.ExpectColumnValuesToMatchRegex(
        column=check.column, regex=options["regex"], mostly=options.get("mostly", 1), **extra
    )


def _rule(check: Check, options: dict[str, Any], extra: dict[str, Any]) -> Any:
    if "mostly" in options:
        return gxe.ExpectColumnValuesToBeInSet(
            column="failed", value_set=[False], mostly=options["mostly"], **extra
        )
    return gxe.UnexpectedRowsExpectation(
        unexpected_rows_query="select failed from {batch} where failed", **extra
    )


_BUILDERS = {
    "not_null": _not_null,
    "between": _between,
    "in_set": _in_set,
    "matches": _matches,
    "rule": _rule,
}
