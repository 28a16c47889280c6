"""The base world: every figure of the simulated population, frozen in one place.

Probabilities are shares of one, times are months unless a name says days, money is in US dollars
before the payor's price factor. A scenario is a copy with few fields replaced.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BaseWorld:
    """World B. Names follow the sheet of the simulated world, in its order."""

    # size and time
    months: int = 60
    employers: int = 60
    employer_size_sigma: float = 0.8
    cost_icc: float = 0.02
    triggered_share: float | None = None  # None: as it comes; else an enriched sample
    members: int | None = None  # None: as many as the caller asks for
    stories: bool = True  # rare situations told on purpose, beside what is drawn
    # severity U and observed X
    severity_correlation: float = 0.5
    # trigger
    trigger_logit: float = -5.0
    trigger_severity: float = 0.6
    trigger_shock: float = 0.7
    trigger_threshold: float | None = None  # triggered only above this cost shock
    trigger_above_threshold: float = 0.5
    first_trigger_month: int = 6
    intent_e3: float = 0.15
    intent_e4: float = 0.05
    denied: float = 0.08
    withdrawn: float = 0.04
    # Y(0)
    operated_logit: float = 1.0
    operated_severity: float = 0.8
    late_gain: float = 0.07  # share operated in the twelve months after the window
    # access and uptake
    access_share: float = 0.5
    launch_months: tuple[int, ...] = (12,)
    user_logit: float = -0.8
    user_severity: float = -0.5
    user_slope: float = 0.0  # per log point of monthly cost trend, centred
    slope: float = 0.0  # half of the members' costs rise by this share a month
    delay_mean: float = 1.2
    delay_sd: float = 0.7
    performed_before: float = 0.06
    # the opinion
    positions: tuple[float, float, float, float] = (0.50, 0.25, 0.15, 0.10)
    against_severity: float = 0.4  # rank correlation of "against" with low severity
    # p1
    null_effect: bool = False
    performed_against: float = 0.35
    performed_agreed: float = 0.85
    performed_defer: float = 0.60
    late_share_of_avoided: float | None = None
    cohort_effects: tuple[float, ...] | None = None  # by launch cohort: p1 = p0 * (1 - effect)
    effect_ramp_months: int = 0
    spill_over: float = 0.0  # share of triggered without an opinion who follow Y(1) all the same
    # diagnosis
    diagnosis_changed: float = 0.148
    diagnosis_refined: float = 0.26
    diagnosis_undetermined: float = 0.05
    miscoded: float = 0.03
    # episode cost
    episode_cv: float = 0.8
    pareto_share: float = 0.03
    pareto_alpha: float = 2.2
    episode_severity: float = 0.15
    price_effect_sd: float = 0.12
    outlier_dollars: float = 0.0  # one episode of that size
    # alternatives, substitutes, induced
    alternative_cv: float = 1.0
    injections: float = 0.30
    substitute: float = 0.12
    alternative_after_operation: float = 0.4
    induced: float = 0.08
    induced_cost: float = 0.25
    induced_background: float = 0.03
    # monthly cost
    monthly_dollars: float = 260.0
    person_sd: float = 0.7
    autoregression: float = 0.6
    shock_sd: float = 0.9
    visit_share: float = 1.0  # share of months with care; amounts rise in proportion
    # leaving and dying
    leave_year: float = 0.08
    leave_observed: float = 0.3  # log hazard per SD of X
    leave_severity: float = 0.0  # log hazard per SD of U
    leave_operated: float = 1.5
    death_year: float = 0.01
    death_severity: float = 0.5
    harm_death: float = 1.0  # hazard ratio of death after advice against
    harm_emergency: float = 1.0
    emergency_year: float = 0.04
    emergency_cost: float = 0.15
    needed_care: float = 0.0  # share of the advised-against who needed the operation
    gap: float = 0.05
    retro_termination: float = 0.01
    id_change: float = 0.02
    claims_outside: float = 0.01
    # lag and adjustments
    lag_factor: float = 1.0
    reversals: float = 0.03
    voids: float = 0.02
    denials: float = 0.06
    denials_rendered: float = 1 / 3
    orphans: float = 0.01
    duplicates: float = 0.005
    programme_denials: float = 0.0  # more denials of users' operations
    # visibility
    elsewhere: float = 0.04
    capitated: float = 0.03
    side_wrong: float = 0.05
    code_unmapped: float = 0.02
    hidden_families: tuple[str, ...] = ()
    # repeats
    repeats: float = 0.06
    two_proposals: float = 0.12
    contralateral: float = 0.08
    # fees and outcomes
    case_fee: float = 1_500.0
    billed_cancelled: float = 0.05
    questions: float = 0.06  # opinions without a proposed operation, per user
    response: float = 0.40
    return_censored: float = 0.25


B = BaseWorld()
