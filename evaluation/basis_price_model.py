"""How well a model of prices predicts a holdout, as parameters of the basis.

Reads `int_episode_covariate`. Kind price_model_ratio: predicted over observed cost by family,
month = decile of predicted cost, 0 = all of it.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import psycopg
from psycopg import sql

from evaluation.parameter import PLACES, Parameter, RunContext, work
from evaluation.plan import AnalysisPlan
from evaluation.price_model import Patient, predictive_ratios


def model_parameters(
    conn: psycopg.Connection, context: RunContext, plan: AnalysisPlan
) -> list[Parameter]:
    """How well a model by age, sex and history predicts a holdout of operated comparators."""
    query = sql.SQL(
        """
        select family_id, episode_id, cost, age_band, sex, prior_cost, conditions
        from {}
        order by family_id, episode_id
        """
    ).format(work(context.payor_id, "int_episode_covariate"))
    patients: dict[str, list[Patient]] = defaultdict(list)
    for family, episode, cost, age, sex, prior, conditions in conn.execute(query):
        patients[family].append(
            Patient(episode, float(cost), age, sex, float(prior), int(conditions))
        )
    return [
        Parameter(
            kind="price_model_ratio",
            value=Decimal(repr(found.ratio)).quantize(PLACES),
            n=found.n,
            source="gamma model, holdout",
            family_id=family,
            perspective="system",
            month=found.decile,
        )
        for family, listed in sorted(patients.items())
        for found in predictive_ratios(listed, plan.winsor_minimum)
    ]
