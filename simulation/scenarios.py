"""The named scenarios: each is the base world with few figures changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulation.base_world import B, BaseWorld

SMALL_MEMBERS = 800  # about sixty delivered opinions


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, what the product must do in it, and the naive competitor that must miss."""

    name: str
    title: str
    world: BaseWorld
    requirement: str
    rival: str = ""


class UnknownScenario(KeyError):
    """No scenario of that name; `name` is the fact."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


_ALL = (
    Scenario(
        "S0",
        "base effect",
        B,
        "the effect is detected in four of five seeds at 2,000 cases",
        "vendor_figure",
    ),
    Scenario(
        "S1",
        "no effect",
        replace(B, null_effect=True),
        "not detectable in 95 % of seeds",
        "users_against_non_users",
    ),
    Scenario(
        "S2",
        "selection on level",
        replace(B, user_severity=-1.0),
        "grade D shows its bias, grade C covers",
        "users_against_non_users",
    ),
    Scenario(
        "S3",
        "selection on trend",
        replace(B, slope=0.02, user_slope=60.0),
        "a pre-trend is flagged, or the bounds include the truth",
        "plain_difference_in_differences",
    ),
    Scenario(
        "S4",
        "regression to the mean",
        replace(B, null_effect=True, trigger_threshold=2.5),
        "no effect is found",
        "pre_post",
    ),
    Scenario(
        "S5",
        "harm",
        replace(B, harm_death=1.5, harm_emergency=2.0, needed_care=0.10),
        "the safety gate is red; net is also shown without deaths",
    ),
    Scenario(
        "S6",
        "dearer care",
        replace(B, induced=0.25),
        "net is negative and says so",
    ),
    Scenario(
        "S7",
        "deferral",
        replace(B, late_share_of_avoided=0.60),
        "the figure at twelve months falls at twenty-four, and the restatement shows it",
    ),
    Scenario(
        "S8",
        "immature",
        replace(B, lag_factor=2.0, launch_months=(B.months - 6,)),
        "open cohorts stay out of the headline",
        "no_run_out",
    ),
    Scenario(
        "S9",
        "censoring on severity",
        replace(B, leave_severity=0.8),
        "the interval from complete to worst case contains the truth",
    ),
    Scenario(
        "S10",
        "invisible care",
        replace(
            B,
            hidden_families=(
                "knee_arthroplasty",
                "hip_arthroplasty",
                "lumbar_fusion",
                "lumbar_decompression",
                "cholecystectomy",
                "hysterectomy",
            ),
        ),
        "nothing is avoided, everything unverifiable",
    ),
    Scenario(
        "S11",
        "staggered and heterogeneous",
        replace(
            B,
            launch_months=(12, 24, 36),
            cohort_effects=(0.10, 0.20, 0.30),
            effect_ramp_months=24,
            induced=0.0,
        ),
        "effects by cohort and period cover",
        "two_way_fixed_effects",
    ),
    Scenario(
        "S12",
        "one outlier",
        replace(B, outlier_dollars=4_000_000.0),
        "median and leave-one-out are printed",
        "raw_mean",
    ),
    Scenario(
        "S13",
        "no comparator",
        replace(B, access_share=1.0, launch_months=(0,)),
        "grade E; the interval contains the band of p0",
    ),
    Scenario(
        "S14",
        "denials",
        replace(B, programme_denials=0.20),
        "no saving from operations performed and denied",
    ),
    Scenario(
        "S15",
        "contaminated controls",
        replace(B, spill_over=0.30),
        "attenuated; the population check flags it",
    ),
    Scenario(
        "S16",
        "small",
        replace(B, members=SMALL_MEMBERS, triggered_share=0.73, stories=False),
        "sixty cases: not detectable, cells suppressed",
    ),
)
SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in _ALL}


def scenario(name: str) -> Scenario:
    """The scenario of that name. Raises UnknownScenario."""
    if name not in SCENARIOS:
        raise UnknownScenario(name)
    return SCENARIOS[name]
