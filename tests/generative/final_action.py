"""Final action of claims in plain Python, by the rules of docs/claims.md: no code of the product.

Slow and simple: every rule is a few lines over lists of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import Any

AMOUNTS = ("paid", "allowed", "charge")
KINDS = {"original": 1, "reversal": 2, "replacement": 3, "void": 4}
CENT = Decimal("0.01")
Amount = Decimal | None


@dataclass(frozen=True)
class Row:
    """One delivered claim line. Dates are ISO text; whole = amounts of the whole claim."""

    claim: str
    line: int
    person: str
    original: str | None = None
    kind: str = "original"
    sequence: int = 0
    adjudicated: str | None = None
    file_date: str | None = None
    paid: Amount = None
    allowed: Amount = None
    charge: Amount = None
    units: Amount = None
    whole_paid: Amount = None
    whole_allowed: Amount = None
    whole_charge: Amount = None

    @property
    def takes_back(self) -> bool:
        return self.kind in ("void", "reversal")

    @property
    def said(self) -> tuple[Any, ...]:
        """What the row says of the care and its money."""
        own = tuple(getattr(self, name) for name in (*AMOUNTS, "units"))
        return (self.person, *own, *(getattr(self, f"whole_{name}") for name in AMOUNTS))


@dataclass(frozen=True)
class Verdict:
    """What becomes of a row: state, reason of a held or excluded one, money of a final one."""

    state: str
    reason: str | None = None
    paid: Amount = None
    allowed: Amount = None
    charge: Amount = None


Judged = list[tuple[Row, Verdict]]


def judge(rows: Sequence[Row], style: str) -> Judged:
    """The verdict on every delivered row."""
    parents: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.original and row.original != row.claim:
            parents[row.claim].add(row.original)
    families: dict[frozenset[str], list[Row]] = defaultdict(list)
    for row in rows:
        families[_together(row.original or row.claim, parents)].append(row)
    out: Judged = []
    for family in families.values():
        out += _Family(family, style, parents).verdicts()
    return out


def _ancestors(claim: str, parents: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(parents.get(claim, ()))
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += parents.get(one, ())
    return found


def _together(claim: str, parents: dict[str, set[str]]) -> frozenset[str]:
    found = {claim}
    while True:
        up = {p for c, those in parents.items() if c in found for p in those}
        down = {c for c, those in parents.items() if those & found}
        if up | down <= found:
            return frozenset(found)
        found |= up | down


def _total(values: Iterable[Amount]) -> Amount:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


class _Family:
    def __init__(self, rows: list[Row], style: str, parents: dict[str, set[str]]) -> None:
        self.rows, self.style, self.parents = rows, style, parents
        self.copies: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in rows:
            key = (row.claim, row.line, row.sequence, row.adjudicated, row.kind)
            self.copies[key].append(row)
        self.kept = [self._speaker(same) for same in self.copies.values()]
        self.newest = max(self.order(row) for row in self.kept)

    @staticmethod
    def _speaker(same: list[Row]) -> Row:
        return max(same, key=lambda row: row.file_date or "")

    def order(self, row: Row) -> tuple[Any, ...]:
        """The larger, the newer; equal = the same version."""
        depth = len(_ancestors(row.claim, self.parents))
        kind = KINDS[row.kind]
        return row.sequence, row.adjudicated or "", depth, kind, row.file_date or ""

    def verdicts(self) -> Judged:
        reason = self._doubt()
        if reason:
            return [(row, Verdict("excluded", reason)) for row in self.rows]
        reason = self._waits()
        if reason:
            return [(row, Verdict("held", reason)) for row in self.rows]
        judge_rows = {
            "replacement": self._by_replacement,
            "reversal_pair": self._by_sum,
            "none": self._by_line,
        }
        return self._with_money(judge_rows[self.style]())

    # doubts about the whole family

    def _doubt(self) -> str | None:
        claims = {row.claim for row in self.rows} | {row.original or "" for row in self.rows}
        reached = set().union(claims, *(_ancestors(one, self.parents) for one in claims))
        if any(one in _ancestors(one, self.parents) for one in reached):
            return "Q-CONFLICT"
        if self._has_two_persons():
            return "Q-PERSON"
        if self._is_contradicted() or self._is_ambiguous():
            return "Q-CONFLICT"
        signs = [getattr(r, name) for r in self.rows if r.takes_back for name in AMOUNTS]
        if self.style == "reversal_pair" and any(value and value > 0 for value in signs):
            return "Q-SIGN"
        return None

    def _has_two_persons(self) -> bool:
        ordered = sorted(self.rows, key=self.order)
        for _, version in groupby(ordered, key=self.order):
            if len({row.person for row in version}) > 1:
                return True
        originals = {row.person for row in self.rows if row.kind == "original"}
        return len(originals) > 1 and not any(row.takes_back for row in self.rows)

    def _is_contradicted(self) -> bool:
        for same in self.copies.values():
            speaker = self._speaker(same)
            said = {row.said for row in same if row.file_date == speaker.file_date}
            if len(said) > 1 and self._counts(speaker):
                return True
        return False

    def _counts(self, row: Row) -> bool:
        if self.style == "reversal_pair":
            return True
        rivals = [r for r in self.kept if self.style == "replacement" or r.line == row.line]
        return self.order(row) == max(self.order(r) for r in rivals)

    def _is_ambiguous(self) -> bool:
        newest = [row for row in self.kept if self.order(row) == self.newest]
        if self.style != "replacement" or any(row.takes_back for row in newest):
            return False
        return len({row.claim for row in newest}) > 1

    def _waits(self) -> str | None:
        if self.style == "none" or any(row.kind == "original" for row in self.rows):
            return None
        return "I-VOIDORPHAN" if self._is_withdrawn(self.kept) else "I-ORPHAN"

    def _is_withdrawn(self, rows: list[Row]) -> bool:
        return max(rows, key=self.order).takes_back

    # one style each

    def _by_replacement(self) -> Judged:
        if self._is_withdrawn(self.kept):
            return [(row, Verdict("voided")) for row in self.rows]
        finals = [row for row in self.kept if self.order(row) == self.newest]
        return self._finals(finals)

    def _by_line(self) -> Judged:
        out: Judged = []
        for line in sorted({row.line for row in self.rows}):
            rows = [row for row in self.rows if row.line == line]
            kept = [row for row in self.kept if row.line == line]
            if self._is_withdrawn(kept):
                out += [(row, Verdict("voided")) for row in rows]
            else:
                out += self._finals([max(kept, key=lambda r: (self.order(r), r.claim))], rows)
        return out

    def _by_sum(self) -> Judged:
        out: Judged = []
        for line in sorted({row.line for row in self.rows}):
            rows = [row for row in self.rows if row.line == line]
            kept = [row for row in self.kept if row.line == line]
            standing = [row for row in kept if not row.takes_back]
            if not standing:
                out += [(row, Verdict("held", "I-VOIDORPHAN")) for row in rows]
            elif self._nets_to_nothing(rows, kept):
                out += [(row, Verdict("voided")) for row in rows]
            else:
                last = max(standing, key=lambda r: (self.order(r), r.claim))
                out += self._finals([last], rows)
        return out

    def _nets_to_nothing(self, rows: list[Row], kept: list[Row]) -> bool:
        if not any(row.takes_back for row in rows):
            return False
        nets = [_total(r.allowed for r in kept), _total(r.paid for r in kept), self._whole("paid")]
        net = next((value for value in nets if value is not None), Decimal(0))
        units = [row.units for row in kept]
        return net == 0 and (None in units or _total(units) == 0)

    def _finals(self, finals: list[Row], rows: list[Row] | None = None) -> Judged:
        out: Judged = []
        left = list(finals)
        for row in self.rows if rows is None else rows:
            is_final = any(row is one for one in left)
            out.append((row, Verdict("final" if is_final else "superseded")))
        return out

    # money

    def _whole(self, name: str) -> Amount:
        """The claim's own amount, once a version, over all versions."""
        firsts = []
        ordered = sorted(self.kept, key=lambda r: (self.order(r), r.claim, r.line))
        for _, version in groupby(ordered, key=lambda r: (self.order(r), r.claim)):
            firsts.append(getattr(next(version), f"whole_{name}"))
        return _total(firsts)

    def _line(self, row: Row, name: str) -> Amount:
        if self.style != "reversal_pair":
            value: Amount = getattr(row, name)
            return value
        return _total(getattr(r, name) for r in self.kept if r.line == row.line)

    def _with_money(self, judged: Judged) -> Judged:
        finals = sorted((r for r, v in judged if v.state == "final"), key=lambda r: r.line)
        money: dict[str, list[Amount]] = {}
        for name in AMOUNTS:
            own = [self._line(row, name) for row in finals]
            if self.style == "reversal_pair":
                wholes = [self._whole(name)] * len(finals)
            else:
                wholes = [getattr(row, f"whole_{name}") for row in finals]
            if name == "paid" and self._is_off(own, wholes):
                return [(row, Verdict("excluded", "Q-BAL")) for row, _ in judged]
            money[name] = self._once(own, wholes)
        out: Judged = []
        for row, verdict in judged:
            if verdict.state == "final":
                place = next(n for n, one in enumerate(finals) if one is row)
                own_money = {name: money[name][place] for name in AMOUNTS}
                verdict = replace(verdict, **own_money)
            out.append((row, verdict))
        return out

    @staticmethod
    def _lines_state(own: list[Amount], whole: Amount) -> bool:
        return None not in own and (_total(own) != 0 or whole == 0)

    def _is_off(self, own: list[Amount], wholes: list[Amount]) -> bool:
        known = [value for value in wholes if value is not None]
        if not known:
            return False
        if max(known) - min(known) >= CENT:
            return True
        total = _total(own)
        return self._lines_state(own, max(known)) and abs(max(known) - (total or 0)) >= CENT

    def _once(self, own: list[Amount], wholes: list[Amount]) -> list[Amount]:
        known = [value for value in wholes if value is not None]
        if not known or self._lines_state(own, max(known)):
            return own
        return [max(known), *([None] * (len(own) - 1))]
