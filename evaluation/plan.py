"""The analysis plan: typed, with the version string that every estimate carries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml

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
        draws=int(intervals["draws"]),
        seed=int(intervals["seed"]),
        confidence=Decimal(intervals["confidence"]),
        double_read_share=Decimal(reading["share"]),
        double_read_minimum=int(reading["minimum_per_quarter"]),
        double_read_seed=int(reading["seed"]),
        reliability_floor=Decimal(reading["reliability_floor"]),
    )
