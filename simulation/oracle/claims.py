"""Final action of a claim family.

replacement    the version with the highest (sequence, decision day) is the whole claim; a void
               leaves nothing.
reversal_pair  amounts and units add up per line over all versions; the line's other attributes
               are those of its latest version that is no reversal; a line is void when allowed
               and units are both zero and a reversal is among its versions.

A family without any original is held: nothing of it counts until the original comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulation.events import Claim, Line


@dataclass(frozen=True, slots=True)
class FinalLine:
    """A line that counts: net amounts in cents, attributes of the claim version it comes from."""

    claim: Claim
    line: Line
    units: int
    allowed: int
    paid: int


def final_lines(versions: Iterable[Claim], style: str) -> list[FinalLine]:
    """Lines that count out of a family's delivered versions; empty when held or void."""
    known = sorted(versions, key=lambda claim: (claim.sequence, claim.adjudicated, claim.claim_id))
    if not any(claim.adjustment == "original" for claim in known):
        return []
    return _replaced(known) if style == "replacement" else _netted(known)


def _replaced(known: list[Claim]) -> list[FinalLine]:
    last = known[-1]
    if last.adjustment == "void":
        return []
    return [FinalLine(last, line, line.units, line.allowed, line.paid) for line in last.lines]


def _netted(known: list[Claim]) -> list[FinalLine]:
    by_number: dict[int, list[tuple[Claim, Line]]] = {}
    for claim in known:
        for line in claim.lines:
            by_number.setdefault(line.number, []).append((claim, line))
    netted = (_net(by_number[number]) for number in sorted(by_number))
    return [line for line in netted if line is not None]


def _net(versions: list[tuple[Claim, Line]]) -> FinalLine | None:
    units = sum(line.units for _, line in versions)
    allowed = sum(line.allowed for _, line in versions)
    paid = sum(line.paid for _, line in versions)
    forward = [pair for pair in versions if pair[0].adjustment != "reversal"]
    if not forward or (len(forward) < len(versions) and allowed == 0 and units == 0):
        return None
    claim, line = forward[-1]
    return FinalLine(claim, line, units, allowed, paid)
