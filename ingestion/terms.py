"""What was agreed with a payor about its deliveries, and what that demands of every row."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from ingestion.contract import PAYOR_COLUMN, Column, Feed
from ingestion.errors import ContractError
from ingestion.landing import MARKERS
from ingestion.strict import Node

COMPLETE = ("immediate", "stable", "marker")
MODES = ("full", "change")
ABSENT = ("ends_coverage", "says_nothing")
FINGERPRINT = re.compile(r"[0-9A-F]{40}([0-9A-F]{24})?")
SETTLE_LIMIT, DAYS_LIMIT = 600, 31
# The canonical column in which a sender says whose row it is.
NAMED_IN = "payer"


@dataclass(frozen=True)
class Deliveries:
    """The `deliveries` of a payor's file; every default is what holds without it.

    names: how the payor is called inside its files; complete: when an upload is finished (at once,
    after its size stood still for settle_seconds, or when its marker file is there); eligibility:
    whether files are full or hold changes; absent_members: what absence from a full file means;
    signed_by: fingerprint of the only key that may sign; public_key: that key, armoured;
    manifest_days: FHIR files wait so long for a complete manifest (None = none is expected).
    """

    names: tuple[str, ...] = ()
    complete: str = "immediate"
    settle_seconds: int = 10
    marker: str = ".done"
    eligibility: str | None = None
    absent_members: str | None = None
    signed_by: str | None = None
    public_key: str | None = None
    manifest_days: int | None = None

    def as_json(self) -> dict[str, Any]:
        """What differs from the defaults."""
        return {k: v for k, v in asdict(self).items() if v != getattr(NOTHING_AGREED, k)}


NOTHING_AGREED = Deliveries()


def parse(document: Any, contract: str = "payor") -> Deliveries:
    """From parsed YAML or JSON. Raises ContractError."""
    node = Node(contract, "deliveries", document)
    node.only(*(field.name for field in fields(Deliveries)))
    found: dict[str, Any] = dict(node.value)
    if "names" in found:
        found["names"] = node.names("names")
    for key, allowed in (
        ("complete", COMPLETE),
        ("eligibility", MODES),
        ("absent_members", ABSENT),
    ):
        if key in found:
            node.choice(key, allowed)
    for key, limit in (("settle_seconds", SETTLE_LIMIT), ("manifest_days", DAYS_LIMIT)):
        if key in found and not 0 < node.get(key, int) <= limit:
            raise node.fail(key, f"is not 1 to {limit}")
    if "marker" in found:
        node.choice("marker", MARKERS)
    if "signed_by" in found and not FINGERPRINT.fullmatch(node.get("signed_by", str)):
        raise node.fail("signed_by", "is not 40 or 64 hexadecimal digits in capitals")
    return _complete(node, Deliveries(**found))


def _complete(node: Node, found: Deliveries) -> Deliveries:
    """Keys that make sense together only."""
    if (found.signed_by is None) is not (found.public_key is None):
        raise node.fail("signed_by", "goes together with public_key, a file beside this one")
    if found.absent_members and found.eligibility != "full":
        raise node.fail("absent_members", "needs eligibility: full")
    return found


@dataclass(frozen=True)
class Terms:
    """A payor's currency and what was agreed about its deliveries."""

    payor: str
    currency: str
    deliveries: Deliveries = NOTHING_AGREED

    @property
    def own_names(self) -> tuple[str, ...]:
        """Words by which a file may name this payor."""
        return (self.payor, *self.deliveries.names)

    def narrow(self, feed: Feed) -> Feed:
        """The feed as this payor may send it in rows: its currency, its names where agreed."""
        own = replace(PAYOR_COLUMN, values=self.own_names, wrong="E-TENANT")
        columns = tuple(self._named(column) for column in self.narrow_money(feed).columns)
        return replace(feed, columns=columns, payor_column=own)

    def narrow_money(self, feed: Feed) -> Feed:
        """The feed in this payor's currency. X12 and FHIR name parties in their envelopes."""
        columns = tuple(
            replace(column, values=(self.currency,), wrong="Q-CURR")
            if column.name == "currency_code"
            else column
            for column in feed.columns
        )
        return replace(feed, columns=columns)

    def _named(self, column: Column) -> Column:
        if column.name == NAMED_IN and self.deliveries.names:
            return replace(column, values=self.own_names, wrong="E-TENANT")
        return column


def agreed(cursor: Any, payor: str) -> Terms:
    """The payor's terms as they stand in the warehouse. Raises ContractError for a stranger."""
    cursor.execute("select currency_code, deliveries from ops.payor where payor_id = %s", (payor,))
    row = cursor.fetchone()
    if row is None:
        raise ContractError("payor", "payor", "is not onboarded")
    currency, document = row
    return Terms(payor, currency, parse(document))
