"""The tables below the headline: slices, cohorts, fees, what is not known, claims."""

from __future__ import annotations

from decimal import Decimal

from reports.measures import CLASSES
from reports.source import Row, Source

SLICES = {
    "delivery_mode": "Delivery mode",
    "service_type": "Service type",
    "end_user": "End user",
    "initiation": "Initiation",
    "specialty": "Specialty",
    "procedure_family": "Procedure family",
}
_SLICED = """
    with measured as (
        select slice, slice_value, measure, numerator, '' as perspective, maturity
        from {mart_diagnosis_change}
        where period_grain = 'all'
        union all
        select slice, slice_value, measure, numerator, '', maturity
        from {mart_avoided_procedure}
        where period_grain = 'all'
        union all
        select slice, slice_value, measure, numerator, '', maturity
        from {mart_adoption}
        where period_grain = 'all'
        union all
        select slice, slice_value, measure, numerator, perspective, maturity
        from {mart_cost_savings}
        where period_grain = 'all' and perspective = 'payor' and maturity = 'closed'
            and measure in ('verified_gross', 'cases')
    )

    select slice, slice_value, measure, max(numerator) as numerator
    from measured
    where slice = any(%(slices)s)
    group by slice, slice_value, measure
    order by slice, slice_value, measure
"""
SLICE_COLUMNS = {
    "completed_cases": "Delivered",
    **{f"diagnosis_{name}": label for name, label in CLASSES.items()},
    "procedures_proposed": "Proposed",
    "procedures_avoided": "Avoided",
    "verified_gross": "Verified gross",
}
_COHORTS = """
    select
        cohort_period,
        maturity,
        count(*) as cases,
        max(matures_on) as matures_on
    from {fct_second_opinion}
    where case_status = 'delivered'
    group by cohort_period, maturity
    order by cohort_period
"""
_FEES = """
    select
        fee_kind,
        sum(fee_amount) filter (where maturity = 'closed') as closed,
        sum(fee_amount) filter (where maturity = 'open') as open,
        sum(fee_amount) as total
    from {fct_programme_fee}
    group by fee_kind
    order by fee_kind
"""
_UNVERIFIABLE = """
    select unverifiable_reason as reason, count(*) as proposals
    from {fct_procedure_decision}
    where status = 'unverifiable'
    group by unverifiable_reason
    order by unverifiable_reason
"""
_NOT_ESTIMABLE = """
    select
        maturity,
        case
            when not is_estimable then coalesce(not_estimable_reason, 'not_stated')
            else 'not_observed_to_window_end'
        end as reason,
        count(*) as cases
    from {fct_case_savings}
    where perspective = 'payor'
        and not (is_estimable and coalesce(is_observed_to_window_end, false))
    group by 1, 2
    order by 1, 2
"""
_CLAIMS = """
    select slice_value, measure, numerator
    from {mart_utilisation}
    where period_grain = 'all' and slice in ('claim_type', 'total')
        and measure in (
            'members', 'member_months', 'claims', 'claim_lines',
            'charge_amount', 'allowed_amount', 'paid_amount'
        )
    order by slice_value, measure
"""
CLAIM_COLUMNS = {
    "claims": "Claims",
    "claim_lines": "Claim lines",
    "charge_amount": "Charged",
    "allowed_amount": "Allowed",
    "paid_amount": "Paid",
}
Pivot = dict[str, dict[str, Decimal | None]]


def read_slices(source: Source) -> dict[str, Pivot]:
    """slice -> slice value -> measure -> numerator; only slices that have rows."""
    found: dict[str, Pivot] = {}
    for row in source.rows(_SLICED, slices=list(SLICES)):
        values = found.setdefault(row["slice"], {}).setdefault(row["slice_value"], {})
        values[row["measure"]] = row["numerator"]
    return {name: found[name] for name in SLICES if name in found}


def read_claims(source: Source) -> Pivot:
    """claim type ('all' = every type) -> measure -> numerator."""
    found: Pivot = {}
    for row in source.rows(_CLAIMS):
        found.setdefault(row["slice_value"], {})[row["measure"]] = row["numerator"]
    return found


def read_cohorts(source: Source) -> list[Row]:
    """Delivered cases by quarter with the day the last of them matures."""
    return source.rows(_COHORTS)


def read_fees(source: Source) -> list[Row]:
    """Programme fees by kind, closed and open cohorts."""
    return source.rows(_FEES)


def read_unverifiable(source: Source) -> list[Row]:
    """Proposals that claims cannot answer, by reason."""
    return source.rows(_UNVERIFIABLE)


def read_not_estimable(source: Source) -> list[Row]:
    """Cases without an estimate, by cohort state and reason. Counts only, no money."""
    return source.rows(_NOT_ESTIMABLE)
