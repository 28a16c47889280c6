"""From the modelled to the verified net figure, step by step, over the closed cohorts.

Every step is a sum over the case ledger; the steps add up to the published net to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reports.source import Source

_SUMS = """
    with ledger as (
        select
            *,
            is_estimable and is_observed_to_window_end as is_counted
        from {fct_case_savings}
        where maturity = 'closed' and perspective = %(perspective)s
    )

    select
        count(*) filter (where is_counted) as counted,
        coalesce(sum(modelled_gross), 0) as modelled,
        coalesce(sum(modelled_gross) filter (where not is_counted or is_counted is null), 0)
            as unobserved,
        coalesce(sum(expected_cost) filter (where is_counted), 0) as expected,
        coalesce(sum(procedure_cost) filter (where is_counted), 0) as procedures,
        coalesce(sum(alternative_cost + substitute_cost) filter (where is_counted), 0)
            as alternatives,
        coalesce(sum(induced_cost) filter (where is_counted), 0) as induced,
        coalesce(sum(gross_savings) filter (where is_counted), 0) as gross,
        coalesce(sum(modelled_gross) filter (where is_counted), 0) as modelled_counted
    from ledger
"""
_PUBLISHED = """
    select measure, numerator
    from {mart_cost_savings}
    where perspective = %(perspective)s and maturity = 'closed'
        and slice = 'total' and period_grain = 'all'
        and measure in ('modelled_gross', 'verified_gross', 'programme_fees', 'verified_net')
"""


@dataclass(frozen=True)
class Step:
    """One bar. is_total: a level, else a change of the level before."""

    label: str
    amount: Decimal
    is_total: bool = False


def read_bridge(source: Source, perspective: str = "payor") -> list[Step]:
    """Steps from modelled gross to verified net; empty when there is no closed cohort."""
    published = {
        row["measure"]: row["numerator"] for row in source.rows(_PUBLISHED, perspective=perspective)
    }
    sums = source.one(_SUMS, perspective=perspective)
    gross, net = published.get("verified_gross"), published.get("verified_net")
    if sums is None or not sums["counted"] or gross is None or net is None:
        return []
    modelled = published.get("modelled_gross")
    modelled = sums["modelled"] if modelled is None else modelled
    before_denials = sums["expected"] - sums["procedures"] - sums["alternatives"] - sums["induced"]
    changes = [
        ("Cases not followed or not estimable", -sums["unobserved"]),
        (
            "Expected cost in place of plan prices",
            sums["expected"] - sums["modelled_counted"],
        ),
        ("Procedures performed after the opinion", -sums["procedures"]),
        ("Alternative care", -sums["alternatives"]),
        ("Care added by the opinion", -sums["induced"]),
        ("Denied procedures count for nothing", sums["gross"] - before_denials),
    ]
    reached = modelled + sum((amount for _, amount in changes), Decimal(0))
    return [
        Step("Modelled gross", modelled, True),
        *(Step(label, amount) for label, amount in changes if amount),
        Step("Weight for members who left, and rounding", gross - reached),
        Step("Verified gross", gross, True),
        Step("Programme fees", -published.get("programme_fees", gross - net)),
        Step("Verified net", net, True),
    ]
