"""The analysis plan: typed, with the version string that every estimate carries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from evaluation.completion import CompletionRule

PLAN_FILE = Path(__file__).with_name("analysis_plan.yml")


@dataclass(frozen=True)
class AnalysisPlan:
    """Values of analysis_plan.yml; `version` = its own number and the hash of the whole file."""

    version: str
    tail_days: int
    without_proposal_months: int
    window_share: Decimal
    window_cap_months: int
    minimum_waits: int
    band: Decimal
    last_survival_month: int
    recognised_after_days: int
    survival_decimals: int
    survival_floor: Decimal
    completion: CompletionRule
    incidence_minimum: int
    winsor_tail: Decimal
    winsor_minimum: int
    shown_minimum: int
    draws: int
    seed: int
    confidence: Decimal
    double_read_share: Decimal
    double_read_minimum: int
    double_read_seed: int
    reliability_floor: Decimal


def load_plan(path: Path = PLAN_FILE) -> AnalysisPlan:
    """Read the plan; raises KeyError when a choice is missing, never fills one in."""
    content = path.read_bytes()
    plan = yaml.safe_load(content)
    survival, intervals = plan["enrolment_survival"], plan["intervals"]
    reading = plan["adjudication"]
    return AnalysisPlan(
        version=f"{plan['version']}+{hashlib.sha256(content).hexdigest()[:12]}",
        tail_days=int(plan["windows"]["tail_days"]),
        without_proposal_months=int(plan["windows"]["without_proposal_months"]),
        window_share=Decimal(plan["windows"]["share_of_waits"]),
        window_cap_months=int(plan["windows"]["cap_months"]),
        minimum_waits=int(plan["windows"]["minimum_waits"]),
        band=Decimal(plan["counterfactual"]["band"]),
        last_survival_month=int(survival["last_month"]),
        recognised_after_days=int(survival["recognised_after_days"]),
        survival_decimals=int(survival["decimals"]),
        survival_floor=Decimal(survival["floor"]),
        completion=completion_rule(plan["completion"]),
        incidence_minimum=int(plan["incidence"]["minimum_cases"]),
        winsor_tail=Decimal(plan["prices"]["winsor_tail"]),
        winsor_minimum=int(plan["prices"]["winsor_minimum"]),
        shown_minimum=int(plan["prices"]["shown_minimum"]),
        draws=int(intervals["draws"]),
        seed=int(intervals["seed"]),
        confidence=Decimal(intervals["confidence"]),
        double_read_share=Decimal(reading["share"]),
        double_read_minimum=int(reading["minimum_per_quarter"]),
        double_read_seed=int(reading["seed"]),
        reliability_floor=Decimal(reading["reliability_floor"]),
    )


def completion_rule(section: dict[str, Any]) -> CompletionRule:
    """The plan's choices for triangles."""
    return CompletionRule(
        diagonals=int(section["diagonals"]),
        minimum_months=int(section["minimum_months"]),
        longest_history=int(section["longest_history"]),
        minimum_claims=int(section["minimum_claims"]),
        last_lag=int(section["last_lag"]),
        bornhuetter_below=Decimal(section["bornhuetter_below"]),
        exclude_below=Decimal(section["exclude_below"]),
        decimals=int(section["decimals"]),
    )
