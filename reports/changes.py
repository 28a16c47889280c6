"""What the second opinions changed: rates by slice, treatments, published figures, days."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reports.source import Row, Source

CROSSED = {"specialty": "Specialty", "condition_group": "Condition"}
AGREEMENT = {
    "agreement_percent_agreement": "Percent agreement",
    "agreement_cohen_kappa": "Cohen's kappa",
    "agreement_gwet_ac1": "Gwet's AC1",
}
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
    "read_undetermined": "people read the record and could not tell",
}
MEASURES = {
    "diagnosis_confirmed": "Diagnosis confirmed",
    "diagnosis_refined": "Diagnosis refined",
    "diagnosis_changed": "Diagnosis changed",
    "diagnosis_changed_strict": "Diagnosis changed, grade 3 or 4",
    "treatment_same": "Treatment the same, of cases with a procedure",
    "treatment_stopped_or_less_invasive": "Advised against or less invasive, of cases with one",
    "treatment_deferred": "Treatment deferred, of cases with a procedure",
    "treatment_changed_of_all_opinions": "Treatment changed, of all opinions",
    "diagnosis_and_treatment_changed_of_all_opinions": "Diagnosis and treatment, of all opinions",
    "diagnosis_or_treatment_changed_of_all_opinions": "Diagnosis or treatment, of all opinions",
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
    select
        case
            -- readers who looked and could not tell
            when adjudicated_class = 'undetermined' then 'read_undetermined'
            else coalesce(undetermined_reason, 'not_stated')
        end as reason,
        count(*) as cases
    from {fct_diagnosis_change}
    where final_class = 'undetermined' and initial_code is not null
    group by 1
    order by 2 desc, 1
"""
_WITHOUT = "select count(*) as cases from {fct_diagnosis_change} where initial_code is null"
_BENCHMARKS = """
    select *
    from {mart_literature_benchmark}
    where is_comparable
    order by own_measure, initiation, published_year, benchmark_id
"""
_ALONE = "select count(*) as figures from {mart_literature_benchmark} where not is_comparable"
_PROCESS = """
    select measure, numerator, denominator, value
    from {mart_opinion_process}
    where period_grain = 'all' and slice = 'total'
"""
_AGREEMENT = """
    select measure, numerator, value, lower, upper
    from {mart_diagnosis_change}
    where period_grain = 'all' and measure = any(%(measures)s)
"""
_FLAGGED = """
    select period_grain, period, is_low_reliability, is_reliability_unmeasured
    from {mart_diagnosis_change}
    where slice = 'total' and measure = 'diagnosis_changed' and denominator > 0
    order by period_grain, period
"""


@dataclass(frozen=True)
class Reading:
    """How far readers agreed. measures: measure -> row; quarters: all, and those with a flag."""

    measures: dict[str, Row]
    is_low: bool
    is_unmeasured: bool
    quarters: int
    low_quarters: int
    unmeasured_quarters: int


@dataclass(frozen=True)
class Changes:
    """rates: slice -> value -> measure -> row; treatments and process: measure -> row.

    without_initial: delivered cases that no rate counts.
    """

    rates: dict[str, dict[str, dict[str, Row]]]
    treatments: dict[str, Row]
    reasons: list[Row]
    benchmarks: list[Row]
    figures_alone: int
    process: dict[str, Row]
    reading: Reading
    without_initial: int

    def crossed(self, slice_name: str) -> dict[str, dict[str, dict[str, Row]]]:
        """Who asked -> value of the slice -> measure -> row: kinds of asking never pooled."""
        found: dict[str, dict[str, dict[str, Row]]] = {}
        for key, measures in self.rates.get(f"initiation/{slice_name}", {}).items():
            initiation, _, value = key.partition("/")
            found.setdefault(initiation, {})[value] = measures
        return found

    def days(self, stage: str, unit: str) -> tuple[Decimal | None, Decimal | None]:
        """Median and ninetieth percentile of a stage."""
        rows = (self.process.get(f"{stage}_{unit}_{name}") for name in ("median", "p90"))
        median, p90 = (row["value"] if row else None for row in rows)
        return median, p90


@dataclass(frozen=True)
class Enough:
    """Groups that are large enough to make a rate, and how many are not."""

    shown: dict[str, dict[str, Row]]
    left_out: int


def enough(groups: dict[str, dict[str, Row]], small: int) -> Enough:
    """Keep the groups of `small` cases or more; nobody should read a rate of a handful."""
    shown = {
        name: row
        for name, row in groups.items()
        if (row.get("diagnosis_changed", {}).get("denominator") or 0) >= small
    }
    return Enough(shown, len(groups) - len(shown))


def read_changes(source: Source) -> Changes:
    """Everything the section on changes says."""
    alone, without = source.one(_ALONE), source.one(_WITHOUT)
    slices = ["total", "initiation", *(f"initiation/{name}" for name in CROSSED)]
    return Changes(
        rates=_by_slice(source.rows(_RATES, slices=slices)),
        treatments={row["measure"]: row for row in source.rows(_TREATMENTS)},
        reasons=source.rows(_REASONS),
        benchmarks=source.rows(_BENCHMARKS),
        figures_alone=alone["figures"] if alone else 0,
        process={row["measure"]: row for row in source.rows(_PROCESS)},
        reading=_reading(source),
        without_initial=without["cases"] if without else 0,
    )


def _reading(source: Source) -> Reading:
    rows = source.rows(_AGREEMENT, measures=list(AGREEMENT))
    flags = source.rows(_FLAGGED)
    whole = [row for row in flags if row["period_grain"] == "all"]
    quarters = [row for row in flags if row["period_grain"] == "quarter"]
    return Reading(
        measures={row["measure"]: row for row in rows},
        is_low=any(row["is_low_reliability"] for row in whole),
        is_unmeasured=any(row["is_reliability_unmeasured"] for row in whole),
        quarters=len(quarters),
        low_quarters=sum(bool(row["is_low_reliability"]) for row in quarters),
        unmeasured_quarters=sum(bool(row["is_reliability_unmeasured"]) for row in quarters),
    )


def _by_slice(rows: list[Row]) -> dict[str, dict[str, dict[str, Row]]]:
    found: dict[str, dict[str, dict[str, Row]]] = {}
    for row in rows:
        found.setdefault(row["slice"], {}).setdefault(row["slice_value"], {})[row["measure"]] = row
    return found
