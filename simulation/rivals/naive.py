"""Naive competitors on closed cases: each makes one mistake that real reports make.

Every function reads a history and returns the estimate and interval such a report would print.
Money is in minor units of the currency, shares are of one; a positive figure is a saving or an
operation avoided. The numbered practices are those of the methodology's list of what is
contested or done dishonestly.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulation.history import History, horizon_day
from simulation.rivals.cases import Floats, at_risk, closed, operated_within, received_by
from simulation.rivals.estimate import Estimate, clustered, difference, mean, sums_by
from simulation.timeline import month_start

AGAINST = ("against", "alternative")
RECENT_MONTHS = 6
# shares operated without an opinion, as printed by the trials and mandatory programmes that a
# report falls back on when it has no comparator (knee trial, gallbladder trial, disc trial,
# Medicaid programme for everything else)
LITERATURE = {"knee_arthroplasty": 0.98, "cholecystectomy": 0.67, "lumbar_decompression": 0.50}
LITERATURE_OTHER = 0.855


def users(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with an opinion."""
    return frame[frame["user"]].reset_index(drop=True)


def vendor_figure(history: History) -> Estimate:
    """Plan against plan: price of the first plan minus price of the reviewer's, per case.

    Practices 1 and 3: the recommendation is taken as followed, and the operation as certain
    without it. What vendors print (Cleveland Clinic 2023, 2nd.MD 2024, Summus 2023).
    """
    frame = closed(history)
    unoperated = frame[~frame["y0"]].groupby("family")["cost0"].mean()
    cases = users(frame)
    price = cases["expected_cost"].to_numpy(dtype=float)
    other = cases["family"].map(unoperated).fillna(0.0).to_numpy()
    position = cases["position"]
    saved = np.where(position == "against", price, 0.0)
    saved = np.where(position == "alternative", price - other, saved)
    return mean(saved, cases["employer"])


def vendor_net(history: History) -> Estimate:
    """The vendor figure less the case fee: nothing added, nobody operated all the same."""
    gross = vendor_figure(history)
    fee = float(history.triggers["fee"].iloc[0])
    return Estimate(gross.value - fee, gross.lower - fee, gross.upper - fee, gross.cases)


def users_against_non_users(history: History) -> Estimate:
    """Operated within the window: triggered non-users minus users (grade D).

    Practice 9: those who ask are not those who do not (Jones, Molitor and Reif 2019, the Illinois
    workplace trial). Both groups are at the landmark, so that selection is the only mistake.
    """
    frame = closed(history)
    operated = operated_within(frame, "realised")
    return difference(-operated, frame["user"], frame["employer"])


def early_read(history: History) -> Estimate:
    """Operations avoided at the end of the window where advised against, read as final.

    Practice 7. The comparator is perfect (the other course of the same case): deferral alone
    makes the mistake (knee trial, Skou 2015 and 2018: 26 % late conversion at 12 months, 32 % at
    24).
    """
    cases = users(closed(history, extra_months=12))
    cases = cases[cases["position"].isin(AGAINST)].reset_index(drop=True)
    avoided = operated_within(cases, "0") - operated_within(cases, "1")
    return mean(avoided, cases["employer"])


def no_run_out(history: History) -> Estimate:
    """Share "not performed" among the opinions of the latest six months, as claims show it.

    Practice 7: windows are open and claims are not yet in, and both count as not performed.
    """
    cases = recent_users(history)
    seen = received_by(cases, horizon_day(history.world))
    return mean(1.0 - seen, cases["employer"])


def recent_users(history: History) -> pd.DataFrame:
    """Users whose opinion came in the latest six months."""
    first = month_start(history.world.months - RECENT_MONTHS)
    frame = at_risk(history)
    inside = (frame["t0_day"] >= first) & (frame["t0_day"] <= horizon_day(history.world))
    return users(frame[inside])


def complete_case(history: History) -> Estimate:
    """Operated without an opinion (p0) where there is no access, among those who did not leave.

    Practice 8: leavers are dropped as if they had left by chance.
    """
    frame = closed(history)
    stayed = ~frame["access"] & (frame["leave0_day"] > frame["window_end_day"])
    frame = frame[stayed].reset_index(drop=True)
    return mean(operated_within(frame, "realised"), frame["employer"])


def no_claim_is_avoided(history: History) -> Estimate:
    """Share "not performed", where what the claims cannot show did not happen.

    Practice 29 and ruling C5: codes without a bridge, cash, care abroad, capitation.
    """
    cases = users(closed(history))
    hidden = cases["family"].isin(history.world.hidden_families)
    seen = operated_within(cases, "realised") * (cases["visible"] & ~hidden).to_numpy()
    return mean(1.0 - seen, cases["employer"])


def paid_claims_only(history: History) -> Estimate:
    """Share "not performed", where only paid claims are evidence.

    Practice 29: an operation that was performed and refused counts as avoided.
    """
    cases = users(closed(history))
    paid = operated_within(cases, "realised") * (cases["op_denial"] == "").to_numpy()
    return mean(1.0 - paid, cases["employer"])


def literature_comparator(history: History) -> Estimate:
    """Operations avoided against a share taken from the literature, as if it were known.

    Practice 3: the trial's patients are not this payor's, and the point carries no band.
    """
    cases = users(closed(history))
    expected = cases["family"].map(LITERATURE).fillna(LITERATURE_OTHER).to_numpy()
    return mean(expected - operated_within(cases, "realised"), cases["employer"])


def advised_against(history: History) -> pd.DataFrame:
    """Closed cases, with and without an opinion, whose (latent) position is against."""
    frame = closed(history)
    chosen = frame["position"].isin(AGAINST) & frame["has_access"]
    return frame[chosen].reset_index(drop=True)


def contaminated_comparator(history: History) -> Estimate:
    """Operated among like-advised non-users minus users, selection removed, spill-over ignored.

    The comparator is weighted by the true odds of use given severity, so that only the
    contamination is left: some non-users follow the reviewer's advice to others.
    """
    frame = advised_against(history)
    return weighted_difference(frame, operated_within(frame, "realised"), history)


def odds_of_use(history: History, frame: pd.DataFrame) -> Floats:
    """True odds that a member with access wants an opinion."""
    world = history.world
    trend = world.user_slope * (frame["slope"] - world.slope / 2)
    logit = world.user_logit + world.user_severity * frame["u"] + trend
    return np.exp(logit.to_numpy())


def weighted_difference(frame: pd.DataFrame, outcome: Floats, history: History) -> Estimate:
    """Mean of non-users weighted to the severity of users, minus the mean of users."""
    user = frame["user"].to_numpy(dtype=float)
    weight = odds_of_use(history, frame) * (1.0 - user)
    sums = sums_by(frame["employer"], outcome * weight, weight, outcome * user, user)
    size = sums_by(frame["employer"], np.ones(len(frame)))[:, 0]
    return clustered(
        sums, lambda s: s[..., 0] / s[..., 1] - s[..., 2] / s[..., 3], size, len(frame)
    )


def raw_mean(history: History) -> Estimate:
    """Mean cost of a user's window, with the spread of the cases other than the dearest.

    Practice 18: one case carries the mean, while the interval is the one planned without it.
    Without an outlier the figure is sound.
    """
    cases = users(closed(history))
    cost = cases["cost"].to_numpy(dtype=float)
    others = np.arange(len(cost)) != cost.argmax()
    half = mean(cost[others], cases["employer"][others]).half_width
    return Estimate(cost.mean(), cost.mean() - half, cost.mean() + half, len(cost))
