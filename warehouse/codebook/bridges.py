"""Yearly conversions of codes, joined to chains: what was split in 2019 and renamed in 2021."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Chain:
    """`old` became `new` between two days: the first step took effect on `first`."""

    old: str
    new: str
    first: date
    last: date
    steps: int


def chains(steps: Iterable[tuple[str, str, date]]) -> list[Chain]:
    """All chains of (old code, new code, first day of the new one) whose days rise."""
    direct = [Chain(old, new, since, since, 1) for old, new, since in steps]
    following: dict[str, list[Chain]] = {}
    for step in direct:
        following.setdefault(step.old, []).append(step)
    found = {_key(chain): chain for chain in direct}
    waiting = list(direct)
    while waiting:
        chain = waiting.pop()
        for step in following.get(chain.new, []):
            longer = Chain(chain.old, step.new, chain.first, step.last, chain.steps + 1)
            known = found.get(_key(longer))
            if step.first > chain.last and longer.new != longer.old and _is_better(longer, known):
                found[_key(longer)] = longer
                waiting.append(longer)
    return sorted(found.values(), key=_key)


def _key(chain: Chain) -> tuple[str, str, date]:
    return chain.old, chain.new, chain.last


def _is_better(chain: Chain, known: Chain | None) -> bool:
    """Of two ways on the same days the shorter one; the old code held until the later day."""
    return known is None or (chain.steps, -chain.first.toordinal()) < (
        known.steps,
        -known.first.toordinal(),
    )
