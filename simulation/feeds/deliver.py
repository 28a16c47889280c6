"""Sorts the further feeds of a block, and of a whole payor, into files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from simulation.calendars import add_days, add_months
from simulation.feeds import care, programme
from simulation.feeds.columns import FURTHER
from simulation.feeds.scene import Row, Scene
from simulation.fragments import Fragment, Place, Sorter, csv_text
from simulation.layouts import CORE_FEEDS, iso, money
from simulation.parameters import CONTRACT_START, Calendar
from simulation.payor_files import CONTRACT_MONTHS
from simulation.profiles import Profile

_OF_BLOCK: dict[str, Callable[[Scene], Iterator[Row]]] = {
    "authorization": care.authorization,
    "absence": care.absence,
    "pharmacy_claim": care.pharmacy_claim,
    "consent": programme.consent,
    "vendor_reported": programme.vendor_reported,
    "outcome": programme.outcome,
    "program_fee": programme.program_fee,
}
_OF_PAYOR: dict[str, Callable[[Scene], Iterator[Row]]] = {
    "program_access": programme.program_access,
    "plan_benefit": programme.plan_benefit,
}
REFUND_SHARE = 0.05

# (vendor, month as YYYYMM) -> (cases, minor units)
Invoices = dict[tuple[str, str], tuple[int, int]]


def send_block(sorter: Sorter, scene: Scene, whole_payor: bool) -> Invoices:
    """Sort all feeds of the block; `whole_payor` adds those that are told once a payor."""
    feeds = _OF_BLOCK | (_OF_PAYOR if whole_payor else {})
    for feed, rows in feeds.items():
        _sort(sorter, feed, rows(scene))
    return _invoiced(scene)


def send_core(sorter: Sorter, scene: Scene) -> None:
    """Sort the one further feed that every payor delivers: what was asked for, by everybody."""
    for feed in sorted(set(_OF_BLOCK) & set(CORE_FEEDS)):
        _sort(sorter, feed, _OF_BLOCK[feed](scene))


def _sort(sorter: Sorter, feed: str, rows: Iterable[Row]) -> None:
    by_place: dict[Place, list[dict[str, str]]] = {}
    for day, values in rows:
        night = sorter.calendar.index_on(day)
        if night is not None:
            by_place.setdefault((night, feed, 0), []).append(values)
    for place in sorted(by_place):
        _add(sorter, place, by_place[place])


def _add(sorter: Sorter, place: Place, rows: list[dict[str, str]]) -> None:
    feed, units = place[1], sorter.profile.minor_units
    listed = [[row.get(name, "") for name in FURTHER[feed]] for row in rows]
    control = 0
    if feed == "pharmacy_claim":
        control = sum(round(float(row["paid_amount"]) * 10**units) for row in rows)
    sorter.add(place, csv_text(feed, listed, sorter.profile), len(rows), control)


def _invoiced(scene: Scene) -> Invoices:
    sums: Invoices = {}
    for _, case in scene.cases():
        on = case.delivered or case.requested
        key = (scene.vendors[case.consultation_id], f"{on:%Y%m}")
        cases, amount = sums.get(key, (0, 0))
        sums[key] = (cases + 1, amount + (case.fee or 0))
    return sums


def merge(one: Invoices, other: Invoices) -> None:
    """Add the second's sums to the first."""
    for key, (cases, amount) in other.items():
        before = one.get(key, (0, 0))
        one[key] = (before[0] + cases, before[1] + amount)


def payor_fragments(
    profile: Profile, calendar: Calendar, invoices: Invoices
) -> dict[Place, Fragment]:
    """Fees of the contract and the invoices, told once for the whole payor."""
    sorter = Sorter(profile, calendar)
    _sort(sorter, "program_fee", _contract_fees(profile, invoices))
    _sort(sorter, "program_invoice", _invoices(profile, invoices))
    return sorter.fragments


def _contract_fees(profile: Profile, invoices: Invoices) -> Iterator[Row]:
    vendor = profile.vendors[0]
    common = {
        "contract_id": f"{vendor}-2022",
        "vendor_id": vendor,
        "quantity": "1",
        "currency_code": profile.currency,
    }
    for month in range(CONTRACT_MONTHS):
        first = add_months(CONTRACT_START, month)
        last = add_days(add_months(first, 1), -1)
        yield (
            last,
            common
            | {
                "fee_id": f"P-{first:%Y%m}",
                "fee_basis": "pepm",
                "fee_from": iso(first),
                "fee_to": iso(last),
                "amount": profile.pepm,
                "invoice_id": f"{vendor}-{first:%Y%m}",
            },
        )
    start = {"fee_from": iso(CONTRACT_START), "fee_to": iso(CONTRACT_START)}
    set_up = {"fee_id": "I-1", "fee_basis": "implementation", "amount": profile.implementation}
    yield CONTRACT_START, common | start | set_up
    yield from _refund(profile, common, invoices)


def _refund(profile: Profile, common: dict[str, str], invoices: Invoices) -> Iterator[Row]:
    """One performance guarantee, missed in the second year and paid back."""
    paid = sum(
        amount for (vendor, _), (_, amount) in invoices.items() if vendor == common["vendor_id"]
    )
    on = add_months(CONTRACT_START, 26)
    if paid:
        yield (
            on,
            common
            | {
                "fee_id": "G-1",
                "fee_basis": "guarantee",
                "fee_from": iso(add_months(on, -12)),
                "fee_to": iso(on),
                "amount": money(-round(paid * REFUND_SHARE), profile.minor_units),
            },
        )


def _invoices(profile: Profile, invoices: Invoices) -> Iterator[Row]:
    """Case fees by vendor and month, issued on the fifth of the next month."""
    for (vendor, month), (cases, amount) in sorted(invoices.items()):
        first = CONTRACT_START.replace(year=int(month[:4]), month=int(month[4:]), day=1)
        issued = add_days(add_months(first, 1), 4)
        yield (
            issued,
            {
                "invoice_id": f"{vendor}-{month}",
                "contract_id": f"{vendor}-2022",
                "vendor_id": vendor,
                "invoice_month": iso(first),
                "issued_date": iso(issued),
                "cases": str(cases),
                "amount": money(amount, profile.minor_units),
                "currency_code": profile.currency,
            },
        )
