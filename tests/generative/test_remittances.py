"""Remittances against a plain reference: original, reversal, correction, in any order of files."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import ingestion
from pipeline.settings import Settings
from tests import claims_core
from tests.dbt.conftest import Nights
from tests.generative.remitted import Payment, settle
from tests.ingestion.x12_files import X12, interchange, text
from warehouse.connection import connect2
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse
NPI = "1234567893"
CHARGES = (Decimal(60), Decimal(40))
DAYS = ("2026-02-01", "2026-03-01", "2026-04-01")
SEEDS = range(6) if os.environ.get("SOAK") == "1" else range(1)
STANDING = """
    select sent.claim_id, coalesce(verdict.state, 'final'), verdict.payment_state,
        line.paid_amount, line.allowed_amount
    from raw_{payor}.medical_claim as sent
    left join work_{payor}.int_claim_verdict as verdict using (receipt_id, record_no, expansion_no)
    left join work_{payor}.int_claim_line as line using (receipt_id, record_no, expansion_no)
    order by sent.claim_id, sent.claim_line_number
"""


@dataclass(frozen=True)
class Claim:
    """A claim of two lines, as an 837 (own: nothing) or as a payor's extract states it."""

    pcn: str
    own: tuple[Decimal | None, ...]
    paid_date: str | None
    payments: tuple[Payment, ...]

    @property
    def claim_id(self) -> str:
        return f"{NPI}:{self.pcn}" if self.own[0] is None else f"ICN{self.pcn}"

    def rows(self) -> list[dict[str, object]]:
        return [
            {"claim_id": self.claim_id, "claim_line_number": line, "claim_type": "professional",
             "person_id": "P1", "claim_start_date": "2026-01-15", "paid_date": self.paid_date or "",
             "charge_amount": charge, "paid_amount": "" if own is None else own,
             "allowed_amount": "" if own is None else own}
            for line, (charge, own) in enumerate(zip(CHARGES, self.own, strict=True), 1)
        ]  # fmt: skip


def histories(seed: int, count: int) -> list[Claim]:
    rng = random.Random(seed)
    return [_history(rng, f"C{number:04d}") for number in range(count)]


def _history(rng: random.Random, pcn: str) -> Claim:
    """Up to an original, a reversal and a correction, on days of their own or together."""
    money = [(Decimal(rng.randrange(10, 30)), Decimal(rng.choice((0, 5)))) for _ in CHARGES]
    first, again = tuple(money), tuple((paid / 2, own) for paid, own in money)
    together = rng.random() < 0.5
    steps = [
        ("original", DAYS[0], first),
        ("reversal", DAYS[1], first),
        ("replacement" if together else "original", DAYS[1 if together else 2], again),
    ]
    kept = [step for step in steps if rng.random() < 0.8]
    kinds = [kind for kind, _, _ in kept]
    if "reversal" not in kinds:
        kept = [("original", day, lines) for _, day, lines in kept]
    payments = tuple(
        Payment(pcn, kind, day, lines, at) for at, (kind, day, lines) in enumerate(kept)
    )
    own: tuple[Decimal | None, ...] = (None, None)
    if rng.random() < 0.5:
        own = tuple(paid + rng.choice((0, 0, 0, 1)) for paid, _ in first)
    paid_date = rng.choice((None, DAYS[0], "2026-05-01")) if own[0] is not None else None
    return Claim(pcn, own, paid_date, payments)


def remittance(day: str, payments: list[Payment], trace: int, control: int = 0) -> bytes:
    """One 835 of a day; what the provider owes is carried forward by a PLB.

    control: of the interchange, where it is sent again under another one.
    """
    total = sum((p.paid for p in payments), Decimal(0))
    moved = max(total, Decimal(0))
    body = [
        f"BPR*I*{moved}*C*ACH************{day.replace('-', '')}", f"TRN*1*T{trace}*1999999999",
        "N1*PR*PAYOR ONE", f"N1*PE*CLINIC*XX*{NPI}", "LX*1",
    ]  # fmt: skip
    for payment in payments:
        body += _clp(payment)
    if total != moved:
        body.append(f"PLB*{NPI}*20261231*FB:CARRIED*{total - moved}")
    return text(interchange(body, guide="005010X221A1", control=f"{control or trace:09d}"))


def _clp(payment: Payment) -> list[str]:
    sign = payment.sign
    status = "22" if payment.kind == "reversal" else "1"
    owed = sum((own for _, own in payment.lines), Decimal(0)) * sign
    segments = [
        f"CLP*{payment.pcn}*{status}*{sign * sum(CHARGES)}*{payment.paid}*{owed}*12"
        f"*ICN{payment.pcn}*11*1",
        "NM1*QC*1*DOE*ANN****MI*P1",
    ]
    for charge, (paid, own) in zip(CHARGES, payment.lines, strict=True):
        segments += [
            f"SVC*HC:G0101*{sign * charge}*{sign * paid}**1", "DTM*472*20260115",
            f"CAS*CO*45*{sign * (charge - paid - own)}", f"CAS*PR*1*{sign * own}",
        ]  # fmt: skip
    return segments


def receive(nights: Nights, name: str, content: bytes, taken: int | None = None) -> None:
    path = nights.folder / f"{name}.x12"
    path.write_bytes(content)
    with closing(connect2(nights.settings, "loader")) as conn:
        done = ingestion.receive(conn, nights.payor, "remittance_claim", "x12", path, DAY)
    assert done.state == "loaded", done.messages
    assert taken is None or done.accepted == taken, done.messages


DAY = date(2026, 7, 1)


def found(nights: Nights) -> dict[str, list[tuple[object, ...]]]:
    """claim -> (state, state of its remittances, paid, allowed) line by line."""
    seen: dict[str, list[tuple[object, ...]]] = {}
    for claim_id, *row in nights.query(STANDING.replace("{payor}", nights.payor)):
        seen.setdefault(str(claim_id), []).append(tuple(row))
    return seen


def wanted(claims: list[Claim]) -> dict[str, list[tuple[object, ...]]]:
    out: dict[str, list[tuple[object, ...]]] = {}
    for claim in claims:
        settled = settle(claim.own, claim.paid_date, claim.payments)
        lines = settled.lines or ((None, None),) * len(CHARGES)
        state = None if settled.state == "voided" else settled.payment_state
        out[claim.claim_id] = [
            (settled.state, state if settled.lines else "applied", *line) for line in lines
        ]
    return out


@pytest.mark.parametrize("seed", SEEDS)
def test_remittances_are_the_references(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path, seed: int
) -> None:
    """Claims and remittances in shuffled files over two nights, one file twice, then anew."""
    claims = histories(seed, 150)
    nights = Nights(settings, add_payor("remit").payor_id, tmp_path)
    rng = random.Random(seed)
    by_day = {day: [p for claim in claims for p in claim.payments if p.date == day] for day in DAYS}
    files = [
        (f"{day}_{half}", remittance(day, part, 100 * number + half))
        for number, day in enumerate(DAYS, 1)
        for half, part in enumerate(_halves(by_day[day]))
    ]
    files.append(("again", remittance(DAYS[0], _halves(by_day[DAYS[0]])[0], 100, control=999)))
    steps = [lambda one=one: receive(nights, *one) for one in files]
    for part in _halves(claims):
        rows = [row for claim in part for row in claim.rows()]
        steps.append(lambda rows=rows: nights.store("medical_claim", *rows))
    rng.shuffle(steps)
    for part in (steps[: len(steps) // 2], steps[len(steps) // 2 :]):
        for step in part:
            step()
        claims_core.build(nights)
    seen = found(nights)
    assert {k: v for k, v in seen.items() if v != wanted(claims)[k]} == {}
    states = {row[1] for rows in seen.values() for row in rows}
    assert states == {None, "applied", "held", "overtaken"}
    stepwise = nights.rows("int_claim_line"), nights.rows("int_claim_verdict")
    claims_core.build(nights, full_refresh=True)
    assert (nights.rows("int_claim_line"), nights.rows("int_claim_verdict")) == stepwise
    (carried,) = nights.query(
        f"select count(*), coalesce(sum(adjustment_amount), 0)"
        f" from raw_{nights.payor}.provider_adjustment"
    )
    assert carried[0] == sum(content.count(b"PLB*") for _, content in files)


def _halves(items: list) -> list[list]:  # type: ignore[type-arg]
    """Two lists; what belongs to one claim stays together."""
    pcns = sorted({one.pcn for one in items})
    first = set(pcns[: len(pcns) // 2])
    return [[o for o in items if o.pcn in first], [o for o in items if o.pcn not in first]]


def test_a_published_remittance_corrects_a_claim(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> None:
    """pyx12's sample takes 210 back and pays 200; it takes 500.25 back and pays nothing."""
    nights = Nights(settings, add_payor("remit").payor_id, tmp_path)
    stated = {"6363451": "210", "6397645": "500.25", "other": "7"}
    nights.store("medical_claim", *(
        {"claim_id": claim_id, "claim_line_number": 1, "claim_type": "professional",
         "person_id": "P1", "claim_start_date": "2004-01-15", "paid_amount": paid,
         "allowed_amount": paid, "charge_amount": "600"}
        for claim_id, paid in stated.items()
    ))  # fmt: skip
    claims_core.build(nights)
    assert found(nights)["6363451"][0][2] == Decimal(210)
    content = (X12 / "pyx12" / "835id.x12").read_bytes()
    # an excerpt: what the bank moved is made to fit the claims that are left (X-BAL3 otherwise)
    receive(nights, "sample", content.replace(b"BPR*I*5950.21*", b"BPR*I*467.69*"))
    claims_core.build(nights)
    seen = found(nights)
    assert seen["6363451"] == [("final", "applied", Decimal(200), Decimal(200))]
    assert seen["6397645"] == [("voided", "applied", None, None)]
    assert seen["other"] == [("final", None, Decimal(7), Decimal(7))]
    kinds = nights.query(
        f"select distinct payment_adjustment_type from work_{nights.payor}.int_claim_verdict"
        " order by 1"
    )
    assert [kind for (kind,) in kinds] == ["replacement", "reversal"]
