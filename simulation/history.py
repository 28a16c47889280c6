"""The event history of one block of members: what happens, before anybody writes it down.

`build_history` is deterministic in (world, payor, seed, block). Days count from the first day of
service (`simulation.timeline`), months are 0-based, money is integer minor units of the payor's
currency, NEVER (-1) stands for "does not happen".

History.persons, one row per member of the block (index 0..n-1)
    person           number of the member in the payor
    employer, access (employer in the access arm), launch_month (-1: none)
    family           operation the member would need
    female, age (years on day 0), conditions (count), u (severity, latent), x (observed risk)
    slope            log monthly cost trend; person_effect, cost_effect, price_effect (log)
    start_day        first covered day
    end_day          last covered day as realised (leaving or death), NEVER while still covered
    leave_day, death_day   as realised, NEVER if beyond the horizon of the world
    trigger_month, trigger_day   first trigger, NEVER without

History.triggers, one row per triggered member, users and non-users, with and without access
    row              index of the member in `persons`; all columns of `persons` are repeated
    window_months    W of the family
    intent           E1 authorisation, E3 and E4 weaker evidence without one
    decision         approved, denied or withdrawn for E1, else empty
    has_access       employer has access and had launched by the trigger month
    wants            would use the opinion if it could (access aside)
    user             got the opinion (has_access and wants, and was not operated first, except
                     for the share `performed_before`)
    spilled          non-user who follows the course with an opinion (contaminated control)
    delay_days       trigger to opinion; drawn for everybody
    t0_day           trigger_day + delay_days: the opinion, or the landmark t0' of a non-user
    position         agreed, against, alternative or defer; drawn for everybody, real for users
    window_end_day   t0 + W months
    defer_end_day    t0 + W, + 6 months for position defer: end of what y0 and y1 look at
    unoperated       not operated before t0 (by the course without an opinion)
    p0, p1           P(operated in [t0, defer_end_day] | unoperated at t0, u) without / with
    p0_window        the same without an opinion for [t0, window_end_day]
    rank             uniform rank among the unoperated that drives both courses
    y0_day, y1_day   operation day in either course (before t0 it is the same), NEVER
    y0, y1           operated within [t0, defer_end_day] in either course
    y0_window, y1_window   operated within [t0, window_end_day]
    treated          the realised course is the one with the opinion (user or spilled)
    operated_day     realised operation day, NEVER; covered_operation: while still a member
    operated         realised in [t0, defer_end_day] (users) or [t0, window_end_day] (others)
    performed_before realised operation before t0
    death0_day, death1_day, leave0_day, leave1_day   in either course
    needed           the operation was needed (the harm scenario)
    severity_cost, price_cost, mixture   factors of the episode's cost
    expected_cost    EC: mean episode cost of the family, u and employer
    episode_cost     allowed amount of the operation if it takes place
    fee              case fee
    visible          operation is in the payor's claims
    hidden_by        elsewhere (cash, abroad, other payer), capitated, or empty if visible
    op_denial        '' or AUTH: the operation's claims are refused though rendered
    lag_days         service to receipt of the operation's claim
    cost0_<component>, cost1_<component>, cost0, cost1   cost in [t0, defer_end_day + 90 days],
                     alive, in either course; component in COMPONENTS
    cost             realised cost of the same window

History.care, one row per related care event
    trigger          index in `triggers`; day; component; amount; in0, in1 (part of either course)
    kind             visit, injection, operation, substitute, induced, emergency

History.monthly(component, course)   int64 (triggers, months); course "0", "1" or "realised";
                                     component one of COMPONENTS, "background" or "total"
History.background                   int64 (persons, months) cost unrelated to the trigger
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.base_world import BaseWorld
from simulation.courses import complete, draw_triggers, place_outlier
from simulation.employers import employers
from simulation.episodes import COMPONENTS, add_costs, care_events
from simulation.population import candidates, covered_months, monthly_cost, sampled
from simulation.profiles import Profile
from simulation.timeline import NEVER, month_of, month_start

__all__ = ["COMPONENTS", "NEVER", "History", "build_history"]
BLOCK_MEMBERS = 5_000
COURSES = ("0", "1", "realised")


@dataclass(slots=True)
class History:
    """See the module for every column."""

    world: BaseWorld
    employers: pd.DataFrame
    persons: pd.DataFrame
    triggers: pd.DataFrame
    care: pd.DataFrame
    background: npt.NDArray[np.int64]
    unit: float  # minor units per dollar of the price list
    seed: int
    payor_number: int
    block: int

    def monthly(self, component: str, course: str) -> npt.NDArray[np.int64]:
        """Cost by month of each trigger, shape (triggers, months)."""
        if component == "background":
            return self._background_of_triggers(course)
        if component == "total":
            parts = [self.monthly(name, course) for name in (*COMPONENTS, "background")]
            return np.asarray(np.sum(parts, axis=0))
        care = self.care[(self.care["component"] == component) & self.in_course(course)]
        out = np.zeros((len(self.triggers), self.world.months), dtype=np.int64)
        month = month_of(care["day"].to_numpy())
        inside = (month >= 0) & (month < self.world.months)
        np.add.at(
            out,
            (care["trigger"].to_numpy()[inside], month[inside]),
            care["amount"].to_numpy()[inside],
        )
        return out

    def in_course(self, course: str) -> pd.Series:
        """Which care events are part of the course."""
        if course == "realised":
            treated = self.triggers["treated"].to_numpy()[self.care["trigger"].to_numpy()]
            return self.care["in1"].where(treated, self.care["in0"])
        return self.care[f"in{course}"]

    def _background_of_triggers(self, course: str) -> npt.NDArray[np.int64]:
        return self.background[self.triggers["row"].to_numpy()]


def build_history(
    world: BaseWorld,
    profile: Profile,
    seed: int,
    payor_number: int = 0,
    block: int = 0,
    members: int = BLOCK_MEMBERS,
    first_member: int = 0,
) -> History:
    """The history of one block of `members` members."""
    groups = employers(world, seed, payor_number)
    streams = [np.random.default_rng((seed, payor_number, block, 20 + n)) for n in range(5)]
    people = sampled(world, candidates(world, groups, members, streams[0]), members)
    people.frame.insert(0, "person", first_member + np.arange(len(people.frame)))
    unit = profile.unit
    triggers = draw_triggers(world, people.frame, unit, streams[1])
    complete(world, triggers)
    if block == 0:
        place_outlier(world, triggers, unit)
    care = care_events(world, triggers, unit, streams[2])
    add_costs(triggers, care)
    background = monthly_cost(world, people, unit, streams[3])
    persons = _settled(world, people.frame, triggers)
    background[~covered_months(persons, world.months)] = 0
    return History(
        world,
        groups,
        persons.drop(columns=["death_clock", "leave_clock"]),
        triggers,
        care,
        background,
        unit,
        seed,
        payor_number,
        block,
    )


def _settled(world: BaseWorld, frame: pd.DataFrame, triggers: pd.DataFrame) -> pd.DataFrame:
    """Give every member the realised days of leaving and death."""
    row = triggers["row"].to_numpy()
    for name in ("death", "leave"):
        clock = frame[f"{name}_clock"].to_numpy().copy()
        realised = triggers[f"{name}_day"].to_numpy()
        clock[row] = np.where(realised == NEVER, clock[row], realised)
        frame[f"{name}_clock"] = clock
    horizon = horizon_day(world)
    death, leave = frame["death_clock"].to_numpy(), frame["leave_clock"].to_numpy()
    for name, clock in (
        ("end_day", np.minimum(death, leave)),
        ("leave_day", leave),
        ("death_day", death),
    ):
        frame[name] = np.where(clock > horizon, NEVER, clock).astype(np.int64)
    for name in ("end_day", "leave_day", "death_day"):
        triggers[name] = frame[name].to_numpy()[row]
    return frame.drop(columns=["death_rate", "leave_rate", "leave_need"])


def horizon_day(world: BaseWorld) -> int:
    """Last day of the world's months."""
    return int(month_start(world.months)) - 1
