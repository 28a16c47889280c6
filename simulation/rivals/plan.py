"""Per scenario: the competitor that must miss, the oracle that must not, and the size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from simulation.base_world import BaseWorld
from simulation.history import History, build_history
from simulation.profiles import Profile
from simulation.profiles import profile as numbered
from simulation.rivals import estimands as of
from simulation.rivals import naive, oracle, panels
from simulation.rivals.estimands import Estimand
from simulation.rivals.estimate import Estimate
from simulation.scenarios import SCENARIOS, SMALL_MEMBERS

Estimator = Callable[[History], Estimate]
TRIGGERED = 0.9


@dataclass(frozen=True, slots=True)
class Contest:
    """A competitor and an oracle for the same estimand, on worlds of `members` members.

    `adapted` are figures changed beside the scenario's (the worlds are enriched with triggered
    members); `harmless` are the figures without the scenario's flaw, in which the competitor is
    right: empty where it is wrong in every world.
    """

    scenario: str
    estimand: Estimand
    rival: Estimator
    members: int
    judge: Estimator | None = None
    adapted: Mapping[str, Any] = field(default_factory=dict)
    harmless: Mapping[str, Any] = field(default_factory=dict)

    @property
    def oracle(self) -> Estimator:
        """The estimator that must cover: by default the mean over both courses."""
        return self.judge or partial(oracle.potential_outcomes, estimand=self.estimand)

    @property
    def world(self) -> BaseWorld:
        """The scenario's world."""
        chosen = SCENARIOS[self.scenario].world
        share = chosen.triggered_share or TRIGGERED
        return replace(chosen, triggered_share=share, **self.adapted)

    @property
    def harmless_world(self) -> BaseWorld:
        """The same without the flaw."""
        return replace(self.world, **self.harmless)


_ALL = (
    Contest("S0", of.GROSS, naive.vendor_figure, 8_000),
    Contest(
        "S1",
        of.AVOIDED,
        naive.users_against_non_users,
        36_000,
        oracle.known_severity,
        harmless={"user_severity": 0.0},
    ),
    Contest(
        "S2",
        of.AVOIDED,
        naive.users_against_non_users,
        24_000,
        oracle.known_severity,
        harmless={"user_severity": 0.0},
    ),
    Contest(
        "S3",
        of.OTHER_COST,
        panels.plain_difference_in_differences,
        44_000,
        oracle.randomised_other_cost,
        harmless={"slope": 0.0},
    ),
    Contest(
        "S4",
        of.OTHER_COST,
        panels.pre_post,
        12_000,
        oracle.randomised_other_cost,
        harmless={"trigger_threshold": None, "trigger_shock": 0.0},
    ),
    Contest("S5", of.GROSS, naive.vendor_figure, 8_000),
    Contest("S6", of.NET, naive.vendor_net, 8_000),
    Contest(
        "S7",
        of.AVOIDED_LATE,
        naive.early_read,
        24_000,
        harmless={"late_share_of_avoided": None, "late_gain": 0.0},
    ),
    Contest("S8", of.NOT_PERFORMED_RECENT, naive.no_run_out, 12_000),
    Contest(
        "S9",
        of.OPERATED_WITHOUT,
        naive.complete_case,
        16_000,
        harmless={"leave_severity": 0.0, "leave_observed": 0.0, "leave_operated": 1.0},
    ),
    Contest(
        "S10",
        of.NOT_PERFORMED,
        naive.no_claim_is_avoided,
        8_000,
        harmless={"hidden_families": (), "elsewhere": 0.0, "capitated": 0.0},
    ),
    Contest(
        "S11",
        of.AVOIDED_WANTING,
        panels.two_way_fixed_effects,
        32_000,
        adapted={"user_logit": 4.0},
        harmless={"cohort_effects": (0.2, 0.2, 0.2), "effect_ramp_months": 0},
    ),
    Contest("S12", of.COST, naive.raw_mean, 8_000, harmless={"outlier_dollars": 0.0}),
    Contest("S13", of.AVOIDED, naive.literature_comparator, 8_000),
    Contest(
        "S14",
        of.NOT_PERFORMED,
        naive.paid_claims_only,
        8_000,
        harmless={"programme_denials": 0.0},
    ),
    Contest(
        "S15",
        of.AVOIDED_AGAINST,
        naive.contaminated_comparator,
        48_000,
        harmless={"spill_over": 0.0},
    ),
    Contest("S16", of.GROSS, naive.vendor_figure, SMALL_MEMBERS),
)
CONTESTS: dict[str, Contest] = {contest.scenario: contest for contest in _ALL}


def profile() -> Profile:
    """The payor whose money the contests are in: US dollars, two decimals."""
    return numbered(0)


def history(contest: Contest, world: BaseWorld, seed: int) -> History:
    """One seed of a world of the contest's size."""
    return build_history(world, profile(), seed, members=contest.members)
