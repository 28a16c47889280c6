"""Expected costs of episodes by family and perspective, as parameters of the basis.

Reads `int_episode_component`. Kinds, by family and perspective:
ec, ealt0                 mean of operated and of other comparator episodes, winsorised where bounds
                          exist; what the ledger expects
ec_unwinsorised, ...      the same without winsorising
ec_by_year, ...           by price year (month), shrunk towards the family's mean; source says Z
winsor_low, winsor_high   bounds by price year (month) and span (cell)
episode_price             operated episodes around the operation; cell = anchor_90 or anchor_30
episode_component         the parts of anchor_90; cell = component
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import psycopg
from psycopg import sql

from evaluation.episodes import (
    Bounds,
    Sample,
    credibility,
    credible_mean,
    is_shown,
    sample,
    winsor_bounds,
    winsorise,
)
from evaluation.ledger import round_minor
from evaluation.parameter import PLACES, Parameter, RunContext, work
from evaluation.plan import AnalysisPlan

WINDOW, ANCHORED = "window", ("anchor_90", "anchor_30")
# family, perspective, span, price year
BoundsKey = tuple[str, str, str, int]


@dataclass(frozen=True)
class Episode:
    """One episode in one perspective and span, all components together."""

    arm: str
    family_id: str
    perspective: str
    span: str
    is_operated: bool
    price_year: int
    cost: Decimal

    @property
    def bounds_key(self) -> BoundsKey:
        """Whose winsor bounds hold for it."""
        return self.family_id, self.perspective, self.span, self.price_year


def episode_prices(
    conn: psycopg.Connection, context: RunContext, plan: AnalysisPlan
) -> list[Parameter]:
    """All prices of the payor; a family without comparator episodes has none."""
    episodes = read_episodes(conn, context)
    bounds = {
        **estimate_bounds(episodes, plan),
        **frozen_bounds(conn, context, plan),
    }
    comparators = [episode for episode in episodes if episode.arm == "comparator"]
    return [
        *bound_parameters(bounds),
        *window_parameters(comparators, bounds, context.minor_units, plan),
        *anchored_parameters(comparators, bounds, context.minor_units),
        *component_parameters(conn, context),
    ]


def read_episodes(conn: psycopg.Connection, context: RunContext) -> list[Episode]:
    """Both arms, every span, in a total order."""
    query = sql.SQL(
        """
        select arm, family_id, perspective, span_kind, is_operated, price_year, sum(cost)
        from {}
        group by arm, family_id, perspective, span_kind, is_operated, price_year, episode_id
        order by family_id, perspective, span_kind, arm, episode_id
        """
    ).format(work(context.payor_id, "int_episode_component"))
    return [
        Episode(arm, family, perspective, span, operated, int(year), cost)
        for arm, family, perspective, span, operated, year, cost in conn.execute(query)
        if cost is not None
    ]


def estimate_bounds(episodes: Iterable[Episode], plan: AnalysisPlan) -> dict[BoundsKey, Bounds]:
    """Bounds from both arms together, where there are enough episodes."""
    costs: dict[BoundsKey, list[Decimal]] = defaultdict(list)
    for episode in episodes:
        costs[episode.bounds_key].append(episode.cost)
    found = {
        key: winsor_bounds(group, plan.winsor_tail, plan.winsor_minimum)
        for key, group in costs.items()
    }
    return {key: bounds for key, bounds in found.items() if bounds is not None}


def frozen_bounds(
    conn: psycopg.Connection, context: RunContext, plan: AnalysisPlan
) -> dict[BoundsKey, Bounds]:
    """Bounds of the newest earlier basis of this plan: once set, they do not move."""
    rows = conn.execute(
        """
        select p.family_id, p.perspective, p.cell, p.month, p.n,
            max(p.value) filter (where p.kind = 'winsor_low'),
            max(p.value) filter (where p.kind = 'winsor_high')
        from ops.basis_parameter as p
        where
            p.payor_id = %(payor)s
            and p.kind in ('winsor_low', 'winsor_high')
            and p.basis_id = (
                select b.basis_id
                from ops.basis as b
                where
                    b.payor_id = %(payor)s
                    and b.plan_version = %(plan)s
                    and b.estimated_as_of <= %(as_of)s
                    and exists (select 1 from ops.release as r where r.basis_id = b.basis_id)
                order by b.estimated_as_of desc, b.basis_id desc
                limit 1
            )
        group by p.family_id, p.perspective, p.cell, p.month, p.n
        """,
        {"payor": context.payor_id, "plan": plan.version, "as_of": context.as_of},
    )
    return {
        (family, perspective, span, int(year)): Bounds(low, high, int(n))
        for family, perspective, span, year, n, low, high in rows
    }


def bound_parameters(bounds: dict[BoundsKey, Bounds]) -> list[Parameter]:
    return [
        Parameter(
            kind=kind,
            value=value,
            n=found.episodes,
            source="percentile of both arms",
            family_id=family,
            perspective=perspective,
            cell=span,
            month=year,
        )
        for (family, perspective, span, year), found in sorted(bounds.items())
        for kind, value in (("winsor_low", found.low), ("winsor_high", found.high))
    ]


def window_parameters(
    comparators: Iterable[Episode],
    bounds: dict[BoundsKey, Bounds],
    minor_units: int,
    plan: AnalysisPlan,
) -> list[Parameter]:
    """ec and ealt0 as the ledger uses them, unwinsorised beside, and by price year."""
    groups: dict[tuple[str, str, bool], list[Episode]] = defaultdict(list)
    for episode in comparators:
        if episode.span == WINDOW:
            groups[episode.family_id, episode.perspective, episode.is_operated].append(episode)
    found: list[Parameter] = []
    for (family, perspective, is_operated), group in sorted(groups.items()):
        kind = "ec" if is_operated else "ealt0"
        drawn = [winsorise(e.cost, bounds.get(e.bounds_key)) for e in group]
        whole, plain = sample(drawn), sample([e.cost for e in group])
        at = (family, perspective, minor_units)
        is_drawn = any(e.bounds_key in bounds for e in group)
        source = f"{'winsorised ' if is_drawn else ''}mean of comparator episodes"
        found.append(_mean(kind, whole, source, *at))
        found.append(_mean(f"{kind}_unwinsorised", plain, "mean of comparator episodes", *at))
        found += _by_year(f"{kind}_by_year", group, drawn, whole, at, plan.shown_minimum)
    return found


def _by_year(
    kind: str,
    group: Sequence[Episode],
    drawn: Sequence[Decimal],
    whole: Sample,
    at: tuple[str, str, int],
    shown_minimum: int,
) -> list[Parameter]:
    """Price years shrunk towards the family: each by its own number, all by the family's spread.

    A year of few episodes is shrunk like any other, and marked as not to be printed by itself.
    """
    costs: dict[int, list[Decimal]] = defaultdict(list)
    for episode, cost in zip(group, drawn, strict=True):
        costs[episode.price_year].append(cost)
    found = []
    for year, listed in sorted(costs.items()):
        cell = sample(listed)
        z = credibility(cell.n, whole.cv)
        shrunk = replace(cell, mean=credible_mean(cell, whole.mean, whole.cv))
        mark = "" if is_shown(cell.n, shown_minimum) else ", not shown"
        found.append(_mean(kind, shrunk, f"credibility {z:.4f}{mark}", *at, month=year))
    return found


def anchored_parameters(
    comparators: Iterable[Episode], bounds: dict[BoundsKey, Bounds], minor_units: int
) -> list[Parameter]:
    """Mean price around the operation, 90 and 30 days after it."""
    groups: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for episode in comparators:
        if episode.span in ANCHORED:
            cost = winsorise(episode.cost, bounds.get(episode.bounds_key))
            groups[episode.family_id, episode.perspective, episode.span].append(cost)
    return [
        _mean("episode_price", sample(costs), "mean of comparator episodes", family, perspective,
              minor_units, cell=span)
        for (family, perspective, span), costs in sorted(groups.items())
    ]  # fmt: skip


def component_parameters(conn: psycopg.Connection, context: RunContext) -> list[Parameter]:
    """Mean of each component over all operated comparator episodes, those without it included."""
    query = sql.SQL(
        """
        with operated as (
            select * from {episode} where arm = 'comparator' and span_kind = 'anchor_90'
        ),
        total as (
            select family_id, perspective, count(distinct episode_id) as episodes
            from operated
            group by family_id, perspective
        )
        select
            operated.family_id, operated.perspective, operated.component,
            sum(operated.cost) / total.episodes, total.episodes
        from operated
        inner join total
            on operated.family_id = total.family_id and operated.perspective = total.perspective
        where operated.component <> 'none'
        group by operated.family_id, operated.perspective, operated.component, total.episodes
        order by operated.family_id, operated.perspective, operated.component
        """
    ).format(episode=work(context.payor_id, "int_episode_component"))
    return [
        Parameter(
            kind="episode_component",
            value=round_minor(mean, context.minor_units),
            n=int(n),
            source="mean of comparator episodes",
            family_id=family,
            perspective=perspective,
            cell=component,
        )
        for family, perspective, component, mean, n in conn.execute(query)
    ]


def _mean(
    kind: str,
    found: Sample,
    source: str,
    family: str,
    perspective: str,
    minor_units: int,
    cell: str = "",
    month: int = 0,
) -> Parameter:
    return Parameter(
        kind=kind,
        value=round_minor(found.mean, minor_units),
        se=None if found.se is None else found.se.quantize(PLACES),
        n=found.n,
        source=source,
        family_id=family,
        perspective=perspective,
        cell=cell,
        month=month,
    )
