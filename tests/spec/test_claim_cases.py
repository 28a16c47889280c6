"""Claim cases by their numbers in the reliability catalogue: what happens to every delivered row.

All cases of one adjustment style are delivered to one payor and built in one night. `v0` is a
claim's first version; states are read from the warehouse, a code in brackets is the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests import claims_core
from tests.dbt.conftest import Nights
from tests.generative.final_action import Row
from warehouse import release
from warehouse.connection import connect
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse
STYLES = ("replacement", "reversal_pair", "none")


def money(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def row(claim: str, line: int = 1, paid: object = 100, **more: object) -> Row:
    values = {"person": "P1", "allowed": money(paid), "units": Decimal(1)} | more
    return Row(claim=claim, line=line, paid=money(paid), **values)  # type: ignore[arg-type]


def replaced(claim: str, original: str, line: int = 1, paid: object = 80, **more: object) -> Row:
    return row(
        claim, line, paid, **{"original": original, "kind": "replacement", "sequence": 1} | more
    )


def void(claim: str, original: str | None, paid: object = 0, **more: object) -> Row:
    return row(claim, 1, paid, **{"original": original, "kind": "void", "sequence": 1} | more)


def taken_back(claim: str, paid: object = -100, **more: object) -> Row:
    return row(claim, 1, paid, **{"kind": "reversal", "sequence": 1, "units": Decimal(-1)} | more)


@dataclass(frozen=True)
class Case:
    """Rows, and for each in order: state, or state [reason], or final = money."""

    name: str
    style: str
    rows: tuple[Row, ...]
    becomes: tuple[str, ...]


DATED = {"sequence": 0, "adjudicated": "2024-03-01"}
CASES = (
    Case("27 the same line twice is a copy", "replacement",
         (row("a"), row("a")), ("final = 100", "superseded [I-DUPROW]")),
    Case("27 and is not added twice", "reversal_pair",
         (row("a"), row("a")), ("final = 100", "superseded [I-DUPROW]")),
    Case("28 two values and no order", "replacement",
         (row("a"), row("a", paid=90), row("a", 2)), ("excluded [Q-CONFLICT]",) * 3),
    Case("28 also where versions are not netted", "none",
         (row("a"), row("a", paid=90)), ("excluded [Q-CONFLICT]",) * 2),
    Case("28 two claims replace one and nothing tells which is newer", "replacement",
         (row("a"), replaced("b", "a"), replaced("c", "a", paid=70)),
         ("excluded [Q-CONFLICT]",) * 3),
    Case("28 an older contradiction no longer matters", "replacement",
         (row("a"), row("a", paid=90), replaced("b", "a")),
         ("superseded [I-VERSION]", "superseded [*]", "final = 80")),
    Case("29 a replacement waits for its original", "replacement",
         (replaced("b", "a"),), ("held [I-ORPHAN]",)),
    Case("29 until it comes", "replacement",
         (replaced("b", "a"), row("a")), ("final = 80", "superseded [I-VERSION]")),
    Case("29 so does a chain of them", "replacement",
         (replaced("b", "a"), replaced("c", "b", sequence=2)), ("held [I-ORPHAN]",) * 2),
    Case("29 a chain ends in its last version", "replacement",
         (row("a"), replaced("b", "a", sequence=0), replaced("c", "b", paid=70, sequence=0)),
         ("superseded [I-VERSION]",) * 2 + ("final = 70",)),
    Case("30 a void of an unknown claim", "replacement",
         (void("b", "a"),), ("held [I-VOIDORPHAN]",)),
    Case("30 nets to zero", "reversal_pair",
         (taken_back("a"),), ("held [I-VOIDORPHAN]",)),
    Case("30 a void ends its claim", "replacement",
         (row("a"), row("a", 2), void("b", "a")), ("voided [I-VOID]",) * 3),
    Case("30 void, then replacement", "replacement",
         (row("a"), void("b", "a"), replaced("c", "a", sequence=2)),
         ("superseded [I-VERSION]",) * 2 + ("final = 80",)),
    Case("30 cancelled the same day", "replacement",
         (row("a", **DATED), void("a", None, **DATED)), ("voided [I-VOID]",) * 2),
    Case("31 a reversal with the wrong sign", "reversal_pair",
         (row("a"), taken_back("a", 100)), ("excluded [Q-SIGN]",) * 2),
    Case("31 the sign of a void says nothing where versions replace", "replacement",
         (row("a"), void("b", "a", 100)), ("voided [I-VOID]",) * 2),
    Case("32 the claim is off its lines", "replacement",
         (row("a", whole_paid=money("150.01")), row("a", 2, 50, whole_paid=money("150.01"))),
         ("excluded [Q-BAL]",) * 2),
    Case("32 the lines count where they agree", "replacement",
         (row("a", whole_paid=money(150)), row("a", 2, 50, whole_paid=money(150))),
         ("final = 100", "final = 50")),
    Case("32 an amount of the claim counts once", "replacement",
         (row("a", 2, None, whole_paid=money(150)), row("a", 5, None, whole_paid=money(150))),
         ("final = 150", "final = None")),
    Case("32 and once over its versions", "reversal_pair",
         (row("a", 1, None, whole_paid=money(150)), row("a", 2, None, whole_paid=money(150)),
          row("a", 1, None, kind="reversal", sequence=1, whole_paid=money(-150), units=money(-1)),
          row("a", 2, None, kind="reversal", sequence=1, whole_paid=money(-150), units=money(-1)),
          row("a", 1, None, sequence=2, whole_paid=money(120)),
          row("a", 2, None, sequence=2, whole_paid=money(120))),
         ("superseded [I-VERSION]",) * 4 + ("final = 120", "final = None")),
    Case("40 two persons in one claim", "replacement",
         (row("a"), row("a", 2, person="P2")), ("excluded [Q-PERSON]",) * 2),
    Case("40 an id used again for another person", "replacement",
         (row("a"), row("a", person="P2", sequence=3)), ("excluded [Q-PERSON]",) * 2),
    Case("40 a correction may move a claim", "replacement",
         (row("a"), replaced("b", "a", person="P2")), ("superseded [I-VERSION]", "final = 80")),
    Case("50 a reversal without its claim, then the correction", "reversal_pair",
         (taken_back("a"), row("a", paid=80, kind="replacement", sequence=2)),
         ("held [I-ORPHAN]",) * 2),
    Case("50 reversal and correction", "reversal_pair",
         (row("a"), taken_back("a"), row("a", paid=80, kind="replacement", sequence=2)),
         ("superseded [I-VERSION]",) * 2 + ("final = 80",)),
    Case("50 a reversal alone voids", "reversal_pair",
         (row("a"), taken_back("a")), ("voided [I-VOID]",) * 2),
    Case("57 replaced, and said from both sides", "replacement",
         (row("a", sequence=1), row("a", kind="void", sequence=5), replaced("b", "a", sequence=6)),
         ("superseded [I-VERSION]",) * 2 + ("final = 80",)),
    Case("57 claims that replace each other", "replacement",
         (row("a", original="b", kind="replacement"), replaced("b", "a"), row("c", original="a")),
         ("excluded [Q-CONFLICT]",) * 3),
    Case("a later adjudication drops a line", "replacement",
         (row("a", **DATED), row("a", 2, **DATED), row("a", paid=90, adjudicated="2024-04-01")),
         ("superseded [I-VERSION]",) * 2 + ("final = 90",)),
    Case("a later file drops nothing of its neighbours", "none",
         (row("a", file_date="2024-01-01"), row("a", 2, file_date="2024-01-01"),
          row("a", paid=90, file_date="2024-02-01")),
         ("superseded [I-VERSION]", "final = 100", "final = 90")),
)  # fmt: skip


def own_ids(case: Case) -> list[Row]:
    """The case's rows under ids of its own."""
    number = CASES.index(case)
    return [
        Row(**{**one.__dict__, "claim": f"{number:03d}{one.claim}",
               "original": one.original and f"{number:03d}{one.original}"})
        for one in case.rows
    ]  # fmt: skip


@pytest.fixture(scope="module")
def seen(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, int], str]:
    """(case, place of the row) -> what became of it."""
    words: dict[tuple[str, int], str] = {}
    for style in STYLES:
        cases = [case for case in CASES if case.style == style]
        nights = Nights(
            settings, add_payor("spec", adjustments=style).payor_id, tmp_path_factory.mktemp("spec")
        )
        order = [(case.name, place) for case in cases for place in range(len(case.rows))]
        claims_core.deliver(nights, [one for case in cases for one in own_ids(case)])
        claims_core.build(nights)
        for record, state, reason, paid in nights.query(BY_RECORD.replace("{payor}", nights.payor)):
            tail = (
                f" = {None if paid is None else paid.normalize():f}"
                if paid is not None
                else " = None"
            )
            words[order[record - 2]] = state + (tail if state == "final" else f" [{reason}]")
        assert len(set(claims_core.accounted(nights))) == 1
    return words


BY_RECORD = """
    select sent.record_no, coalesce(verdict.state, 'final'), verdict.reason, line.paid_amount
    from raw_{payor}.medical_claim as sent
    left join work_{payor}.int_claim_verdict as verdict using (receipt_id, record_no, expansion_no)
    left join work_{payor}.int_claim_line as line using (receipt_id, record_no, expansion_no)
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}, {case.style}")
def test_case(seen: dict[tuple[str, int], str], case: Case) -> None:
    became = [seen[case.name, place] for place in range(len(case.rows))]
    if "[I-DUPROW]" in " ".join(case.becomes):
        became.sort()
    for word, wanted in zip(became, case.becomes, strict=True):
        assert word == wanted or wanted == "superseded [*]" or _either(word, wanted)


def _either(word: str, wanted: str) -> bool:
    """Of two rows that contradict each other and no longer count, either may stand for both."""
    return word.startswith("superseded") and wanted.startswith("superseded")


def test_29_an_orphan_is_told_after_30_days_and_given_up_after_90(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> None:
    """Held claims age with as_of alone; the original's arrival ends it at any time."""
    nights = Nights(settings, add_payor("spec").payor_id, tmp_path)
    claims_core.deliver(nights, [replaced("b", "a"), row("other")])
    reason = f"select state, reason from work_{nights.payor}.int_claim_excluded"
    claims_core.build(nights, date(2026, 7, 30))
    assert nights.query(reason) == [("held", "I-ORPHAN")]
    for as_of, becomes in (
        (date(2026, 7, 31), ("held", "W-ORPHAN")),
        (date(2026, 9, 28), ("held", "W-ORPHAN")),
        (date(2026, 9, 29), ("excluded", "Q-ORPHAN")),
    ):
        with connect(settings, "publisher") as conn:
            release.open_run(conn, nights.payor, as_of)
        assert nights.query(reason) == [becomes]
    claims_core.deliver(nights, [row("a")])
    claims_core.build(nights, date(2026, 10, 1))
    assert nights.query(reason) == [("superseded", "I-VERSION")]


def test_31_a_contract_may_send_reversals_without_sign(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> None:
    payor = add_payor("spec", adjustments="reversal_pair", more="reversal_sign: unsigned")
    nights = Nights(settings, payor.payor_id, tmp_path)
    claims_core.deliver(
        nights, [row("a"), taken_back("a", 100, units=Decimal(1)), row("a", paid=80, sequence=2)]
    )
    claims_core.build(nights)
    paid = nights.query(f"select paid_amount, units from work_{nights.payor}.int_claim_line")
    assert paid == [(Decimal(80), Decimal(1))]


def test_a_suffix_numbers_the_versions(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path
) -> None:
    """The third way to name a version; the later one may come first and nights apart."""
    payor = add_payor("spec", more='claim_suffix: "-[0-9]{2}$"')
    nights = Nights(settings, payor.payor_id, tmp_path)
    claims_core.deliver(nights, [row("X7-02", paid=70), row("X8-01")])
    claims_core.build(nights)
    claims_core.deliver(nights, [row("X7-01", paid=80), row("X7", paid=90)])
    claims_core.build(nights)
    lines = f"select claim_id, paid_amount from work_{nights.payor}.int_claim_line order by 1"
    assert nights.query(lines) == [("X7-02", Decimal(70)), ("X8-01", Decimal(100))]


@pytest.fixture(scope="module")
def persons(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[object], list[object]]:
    """Answers to QUESTIONS before and after a file."""
    folder = tmp_path_factory.mktemp("persons")
    nights = Nights(settings, add_payor("spec").payor_id, folder)
    nights.store("eligibility", span("P1", "2024-01-01"), *(span("P9", *one) for one in SPANS))
    claims_core.deliver(nights, [row("a"), row("b", person="P2")])
    claims_core.deliver(nights, [row("t1", person="P3")], member_id="M1")
    claims_core.deliver(nights, [row("t2", person="P3")], member_id="M2")
    claims_core.build(nights)
    before = [nights.query(one.replace("{payor}", nights.payor)) for one in QUESTIONS]
    nights.store(
        "eligibility",
        span("P1", "2024-01-01", "2024-01-14", sequence=1),
        span("P2", "2023-01-01"),
        span("P9", "2024-06-02", "2024-06-01", "D", 1),
    )
    claims_core.build(nights)
    return before, [nights.query(one.replace("{payor}", nights.payor)) for one in QUESTIONS]


def span(
    person: str, start: str, end: str = "", plan: str = "A", sequence: int = 0
) -> dict[str, object]:
    return {
        "person_id": person,
        "enrollment_start_date": start,
        "enrollment_end_date": end,
        "plan": plan,
        "sender_sequence": sequence,
    }


# overlapping, adjoining, a day apart, ended before it began
SPANS = (
    ("2024-01-01", "2024-03-31", "A"),
    ("2024-03-01", "2024-04-30", "B"),
    ("2024-05-01", "2024-05-31", "C"),
    ("2024-06-02", "", "D"),
    ("2024-02-01", "2024-01-31", "E"),
)
QUESTIONS = (
    "select line.claim_id, outside.reason from work_{payor}.int_claim_unenrolled as outside"
    " inner join work_{payor}.int_claim_line as line using (claim_line_key)"
    " where line.claim_id in ('a', 'b') order by 1",
    "select span_start::text, span_end::text from work_{payor}.int_coverage_span as span"
    " inner join vault.person on person.person_key = span.person_key"
    " where member_id = 'P9' and person.payor_id = '{payor}' order by 1",
    "select count(*), count(distinct person_key) from work_{payor}.int_claim_line"
    " where claim_id like 't%'",
)


def test_41_claims_outside_enrolment_stay_and_are_listed(
    persons: tuple[list[object], list[object]],
) -> None:
    """The list follows the coverage, without a new claim."""
    assert persons[0][0] == [("b", "never_enrolled")]
    assert persons[1][0] == [("a", "outside_coverage")]


def test_65_overlaps_gaps_and_late_terminations(
    persons: tuple[list[object], list[object]],
) -> None:
    """Overlapping and adjoining spans are one; a day between is a gap; some never were."""
    assert persons[0][1] == [("2024-01-01", "2024-05-31"), ("2024-06-02", None)]
    assert persons[1][1] == [("2024-01-01", "2024-05-31")]


def test_66_two_member_ids_are_not_merged_by_the_core(
    persons: tuple[list[object], list[object]],
) -> None:
    assert persons[0][2] == [(2, 2)]
