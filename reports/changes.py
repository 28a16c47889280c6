"""What the second opinions changed: rates by slice, treatments, published figures, days."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reports.source import Row, Source

SLICES = {"specialty": "Specialty", "condition_group": "Condition", "initiation": "Who asked"}
TREATMENTS = {
    "same": "Same plan",
    "modified": "Modified, as invasive",
    "less_invasive": "Less invasive",
    "more_invasive": "More invasive",
    "added": "Procedure added",
    "stopped": "Advised against",
    "deferred": "Deferred",
    "undetermined": "No recommendation on record",
    "changed": "Any change",
}
REASONS = {
    "missing_primary": "a primary diagnosis is missing",
    "invalid_code": "a code was not valid on its day",
    "release_missing": "no complete code list covers the day",
    "insufficient_information": "the reviewer had too little to go on",
    "unknown_illness": "coded as illness unknown",
    "past_diagnosis": "only one opinion names a current disease",
    "both_symptom": "both opinions name a symptom",
    "site_unknown": "only one opinion names the part of the body",
    "category_exception": "a category that country variants do not share",
    "crosswalk_absent": "no conversion between the code systems",
    "crosswalk_ambiguous": "the conversion leaves several diseases",
    "ccsr_absent": "a code newer than the clinical grouping",
}
MEASURES = {
    "diagnosis_confirmed": "Diagnosis confirmed",
    "diagnosis_refined": "Diagnosis refined",
    "diagnosis_changed": "Diagnosis changed",
    "diagnosis_changed_strict": "Diagnosis changed, grade 3 or 4",
    "treatment_same": "Treatment the same",
    "treatment_changed": "Treatment changed",
    "treatment_less_invasive": "Less invasive or advised against",
    "treatment_deferred": "Treatment deferred",
    "treatment_not_confirmed": "Procedure not confirmed",
    "diagnosis_and_treatment_changed": "Diagnosis and treatment changed",
}
_RATES = """
    select slice, slice_value, measure, numerator, denominator, value, lower, upper
    from {mart_diagnosis_change}
    where period_grain = 'all'
        and slice = any(%(slices)s)
        and measure in ('diagnosis_changed', 'diagnosis_changed_strict', 'diagnosis_undetermined')
    order by slice, slice_value, measure
"""
_TREATMENTS = """
    select measure, numerator, denominator, value, lower, upper
    from {mart_treatment_change}
    where period_grain = 'all' and slice = 'total'
"""
_REASONS = """
    select coalesce(undetermined_reason, 'not_stated') as reason, count(*) as cases
    from {fct_diagnosis_change}
    where final_class = 'undetermined'
    group by 1
    order by 2 desc, 1
"""
_BENCHMARKS = """
    select *
    from {mart_literature_benchmark}
    where is_comparable
    order by measure, initiation, published_year, benchmark_id
"""
_ALONE = "select count(*) as figures from {mart_literature_benchmark} where not is_comparable"
_PROCESS = """
    select measure, numerator, denominator, value
    from {mart_opinion_process}
    where period_grain = 'all' and slice = 'total'
"""
_FLAGGED = """
    select count(*) as rates
    from {mart_diagnosis_change}
    where period_grain = 'all' and slice = 'total' and is_low_reliability
"""


@dataclass(frozen=True)
class Changes:
    """rates: slice -> value -> measure -> row; treatments and process: measure -> row."""

    rates: dict[str, dict[str, dict[str, Row]]]
    treatments: dict[str, Row]
    reasons: list[Row]
    benchmarks: list[Row]
    figures_alone: int
    process: dict[str, Row]
    is_low_reliability: bool

    def days(self, stage: str, unit: str) -> tuple[Decimal | None, Decimal | None]:
        """Median and ninetieth percentile of a stage."""
        rows = (self.process.get(f"{stage}_{unit}_{name}") for name in ("median", "p90"))
        median, p90 = (row["value"] if row else None for row in rows)
        return median, p90


def read_changes(source: Source) -> Changes:
    """Everything the section on changes says."""
    alone, flagged = source.one(_ALONE), source.one(_FLAGGED)
    return Changes(
        rates=_by_slice(source.rows(_RATES, slices=["total", *SLICES])),
        treatments={row["measure"]: row for row in source.rows(_TREATMENTS)},
        reasons=source.rows(_REASONS),
        benchmarks=source.rows(_BENCHMARKS),
        figures_alone=alone["figures"] if alone else 0,
        process={row["measure"]: row for row in source.rows(_PROCESS)},
        is_low_reliability=bool(flagged and flagged["rates"]),
    )


def _by_slice(rows: list[Row]) -> dict[str, dict[str, dict[str, Row]]]:
    found: dict[str, dict[str, dict[str, Row]]] = {}
    for row in rows:
        found.setdefault(row["slice"], {}).setdefault(row["slice_value"], {})[row["measure"]] = row
    return found
