"""The long history of a small world: every night against its truth, and again, and at once.

The expectation comes from `truth.json` alone: the simulator's own oracle over its event history.
Both halves stand in one module because a worker that has run the history should use it.
"""

from __future__ import annotations

import datetime
import gzip
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import night
from tests.e2e.conftest import PAYORS, History
from tests.e2e.files import outcomes
from tests.e2e.published import Published, published
from warehouse import connection, payor, release

pytestmark = [pytest.mark.night, pytest.mark.warehouse]
NIGHTS = range(4)
# why the gate of visibility calls a family blind: the world's truth knows the codes only
UNSEEN = ("too_few_intended", "intended_not_shown")
NOT_PERFORMED = {"not_performed", "not_performed_provisional", "unverifiable"}


@pytest.mark.parametrize("number", NIGHTS)
@pytest.mark.parametrize("who", PAYORS)
def test_every_diagnosis_class(history: History, who: str, number: int) -> None:
    date = history.nights[number]
    expected = history.expected(who, date)["diagnosis"]
    assert len(expected) > 20
    assert history.published[who, date].classes == expected


@pytest.mark.parametrize("who", PAYORS)
def test_the_confusion_with_the_code_truth_is_the_identity(history: History, who: str) -> None:
    """Every class occurs, and no case leaves the diagonal."""
    date = history.nights[-1]
    expected, seen = history.expected(who, date)["diagnosis"], history.published[who, date].classes
    confusion = Counter((true, seen[case]) for case, true in expected.items())
    assert {true for true, _ in confusion} == {"confirmed", "refined", "changed", "undetermined"}
    assert all(true == found for true, found in confusion)


def test_sensitivity_and_specificity_against_the_clinical_truth(history: History) -> None:
    """Codes miss what was miscoded and what a code system does not tell apart; little else."""
    date = history.nights[-1]
    pairs = Counter(
        (case["clinical_class"] == "changed", seen == "changed")
        for who in PAYORS
        for case, seen in clinical_pairs(history, who, date)
    )
    sensitivity = pairs[True, True] / (pairs[True, True] + pairs[True, False])
    specificity = pairs[False, False] / (pairs[False, False] + pairs[False, True])
    assert sum(pairs.values()) > 60
    assert 0.6 < sensitivity <= 1
    assert 0.9 < specificity < 1


def clinical_pairs(history: History, who: str, date: str) -> Iterator[tuple[dict[str, Any], str]]:
    """(clinical truth, published class) of every delivered case that has a clinical truth."""
    seen = history.published[who, date].classes
    for line in (history.world / "truth" / f"{who}_cases.jsonl").read_text().splitlines():
        case = json.loads(line)
        if case["consultation_id"] in seen:
            yield case, seen[case["consultation_id"]]


@pytest.mark.case(73)
@pytest.mark.parametrize("number", NIGHTS)
@pytest.mark.parametrize("who", PAYORS)
def test_every_procedure_status(history: History, who: str, number: int) -> None:
    date = history.nights[number]
    expected = {
        (case, row["proposal_no"]): row["status"]
        for case, rows in history.expected(who, date)["procedures"].items()
        for row in rows
    }
    assert len(expected) > 20
    found = history.published[who, date]
    seen = {key: status for key, (_, status) in found.statuses.items()}
    blind = {key for key, reason in found.reasons.items() if reason in UNSEEN}
    assert {expected[key].removesuffix("_confirmed") for key in blind} <= NOT_PERFORMED
    assert seen == expected | dict.fromkeys(blind, "unverifiable")


@pytest.mark.parametrize("who", PAYORS)
def test_most_families_can_be_seen_at_the_end(history: History, who: str) -> None:
    """Enough was intended by comparators in this world, and its claims show enough of it."""
    found = history.published[who, history.nights[-1]]
    families = {family for family, status in found.statuses.values() if family != "none"}
    unseen = {found.statuses[key][0] for key, reason in found.reasons.items() if reason in UNSEEN}
    assert len(unseen) <= len(families) // 3
    assert any(status == "not_performed_confirmed" for _, status in found.statuses.values())


@pytest.mark.parametrize("number", NIGHTS)
@pytest.mark.parametrize("who", PAYORS)
def test_case_counts(history: History, who: str, number: int) -> None:
    date = history.nights[number]
    expected = {k: n for k, n in history.expected(who, date)["consultations"].items() if n}
    assert expected["delivered"] > 20
    assert history.published[who, date].cases == expected


@pytest.mark.parametrize("number", NIGHTS)
@pytest.mark.parametrize("who", PAYORS)
def test_member_months_and_final_claims(history: History, who: str, number: int) -> None:
    date = history.nights[number]
    expected = history.expected(who, date)
    seen = history.published[who, date].utilisation
    assert seen["member_months"] == expected["member_months"]
    assert seen["claims"] == expected["final_claims"]["claims"]
    assert seen["claim_lines"] == expected["final_claims"]["lines"]
    for money in ("paid_amount", "allowed_amount"):
        assert seen[money] == Decimal(expected["final_claims"][money])


@pytest.mark.case(72)
def test_statuses_move_between_nights(history: History) -> None:
    """The nights differ: late claims restate, and a night without files matures what is due."""
    moved = Counter(
        (before[key][1], after[key][1])
        for who in PAYORS
        for first, second in zip(history.nights, history.nights[1:], strict=False)
        for before, after in [
            (
                history.published[who, first].statuses,
                history.published[who, second].statuses,
            )
        ]
        for key in before.keys() & after.keys()
        if before[key] != after[key]
    )
    assert moved["not_performed_provisional", "not_performed_confirmed"] > 0
    # what counted as avoided stops to, once its claim has come
    assert sum(n for (_, to), n in moved.items() if to == "performed_as_proposed") > 0


def test_a_night_without_files_still_matures(history: History) -> None:
    quiet = [
        (who, before, date)
        for who in PAYORS
        for before, date in zip(history.nights, history.nights[1:], strict=False)
        if not any((history.world / "nights" / date / who).rglob("*.*"))
    ]
    assert quiet, "the world has a night on which a payor delivers nothing"
    for who, before, date in quiet:
        earlier, later = history.published[who, before], history.published[who, date]
        assert later.statuses != earlier.statuses
        assert later.release["as_of"].isoformat() == date


@pytest.mark.parametrize("who", PAYORS)
def test_broken_files_end_as_the_world_says(history: History, who: str) -> None:
    seen = outcomes(history.settings, history.world, who)
    expected = {
        name: (truth["outcome"], truth.get("code"), truth.get("quarantined") or {})
        for date in history.nights
        for name, truth in history.expected(who, date)["files"].items()
    }
    assert {outcome for outcome, _, _ in expected.values()} == {"loaded", "refused", "duplicate"}
    assert seen == expected


def run(history: History, who: str, date: str) -> dict[str, str]:
    """One night; the outcome word of every step."""
    as_of = datetime.date.fromisoformat(date)
    return {s.name: s.word for s in night.run_night(history.settings, who, as_of)}


def release_count(history: History, who: str) -> int:
    with connection.connect(history.settings, role="publisher") as conn:
        return len(release.releases(conn, who))


def test_the_same_night_again_publishes_nothing_new_and_says_so(history: History) -> None:
    last, before = history.nights[-1], release_count(history, "northlake")
    words = run(history, "northlake", last)
    assert words["publish"] == "unchanged"
    assert words["claims_and_cases"] == "unchanged"
    assert release_count(history, "northlake") == before
    again, first = published(history.settings, "northlake"), history.published["northlake", last]
    assert again.release["release_id"] == first.release["release_id"]
    for part in ("classes", "statuses", "cases", "utilisation", "ledger", "fees", "savings"):
        assert getattr(again, part) == getattr(first, part), part


def costs_by_component(seen: Published) -> dict[tuple[str, str], tuple[int, Decimal, Decimal]]:
    """(consultation, component) -> claim lines' count and money."""
    return {
        (r["consultation_id"], r["component"]): (r["lines"], r["allowed"], r["paid"])
        for r in seen.claim_costs
    }


def facts(seen: Published) -> tuple[object, ...]:
    """What does not depend on when the basis was estimated."""
    return seen.classes, seen.statuses, seen.cases, seen.utilisation


@pytest.mark.parametrize("who", ["northlake", "rheinland"])
def test_night_by_night_equals_all_at_once(history: History, tmp_path: Path, who: str) -> None:
    """The same files delivered in one night to a payor of another name give the same facts."""
    twin = f"{who}_twin"
    for name in (history.world / "payors").glob(f"{who}*.csv"):
        shutil.copy(name, tmp_path)
    described = yaml.safe_load((history.world / "payors" / f"{who}.yml").read_text())
    (tmp_path / f"{twin}.yml").write_text(yaml.safe_dump(described | {"payor": twin}))
    payor.add(history.settings, tmp_path / f"{twin}.yml")
    for date in reversed(history.nights):
        source = history.world / "nights" / date / who
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            target = history.settings.landing / twin / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    run(history, twin, history.nights[-1])
    stepwise, at_once = (
        history.published[who, history.nights[-1]],
        published(history.settings, twin),
    )
    assert facts(at_once) == facts(stepwise)
    assert costs_by_component(at_once) == costs_by_component(stepwise)


def test_claims_in_a_foreign_currency_stay_out_and_stop_nothing(history: History) -> None:
    """A file of nothing else: quarantined to the last row, and the night goes on."""
    settings, who = history.settings, "rheinland_twin"
    before = published(settings, who)
    bad = settings.landing / who / "medical_claim" / "medical_claim_20260801_99.psv.gz"
    write_foreign_claims(bad)
    words = run(history, who, days_after(history, 1))
    assert words["publish"] in ("published", "unchanged")
    assert (published(settings, who).statuses, published(settings, who).ledger) == (
        before.statuses,
        before.ledger,
    )
    with connection.connect(settings) as conn:
        held = conn.execute(
            "select code, count(*) from ops.quarantine where payor_id = %s and code = 'Q-CURR'"
            " group by code",
            (who,),
        ).fetchall()
    assert held == [("Q-CURR", 3)]


def test_a_blocking_gate_leaves_the_last_release_and_says_why(history: History) -> None:
    """Consultations of people whom no eligibility file knows: taken in, but never visible."""
    settings, who = history.settings, "rheinland_twin"
    before = published(settings, who)
    folder = history.world / "nights" / history.nights[0] / "rheinland" / "consultation"
    bad = settings.landing / who / "consultation" / "consultation_20260802_99.psv.gz"
    write_strangers(sorted(folder.iterdir())[0], bad)
    with pytest.raises(night.GateBlocked):
        run(history, who, days_after(history, 2))
    after = published(settings, who)
    assert (after.classes, after.statuses, after.ledger) == (
        before.classes,
        before.statuses,
        before.ledger,
    )
    assert after.release["release_id"] == before.release["release_id"]
    assert "int_case_member_matched" in after.release["blocked_by"], "the status names the check"
    page = (settings.reports_dir / who / "report.html").read_text()
    assert "int_case_member_matched" in page


def days_after(history: History, days: int) -> str:
    last = datetime.date.fromisoformat(history.nights[-1])
    return (last + datetime.timedelta(days=days)).isoformat()


def write_strangers(source: Path, path: Path) -> None:
    """The consultations of a sound file again, with other ids of consultation and member."""
    header, *rows, trailer = gzip.decompress(source.read_bytes()).decode().splitlines()
    names = header.split("|")
    case, member = names.index("consultation_id"), names.index("member_id")
    lines = [header]
    for number, row in enumerate(rows):
        cells = row.split("|")
        cells[case], cells[member] = f"X{number}", f"STRANGER{number}"
        lines.append("|".join(cells))
    with gzip.open(path, "wt") as out:
        out.write("\n".join([*lines, trailer]) + "\n")


def write_foreign_claims(path: Path) -> None:
    head = "claim_id|claim_line_number|claim_type|person_id|member_id|claim_start_date"
    head += "|paid_amount|allowed_amount|charge_amount|currency_code"
    row = "X900{0}|1|professional|P1|P1|2026-06-01|10.00|12.00|20.00|GBP"
    lines = [head, *(row.format(n) for n in range(3)), "#TRAILER|3|30.00"]
    with gzip.open(path, "wt") as out:
        out.write("\n".join(lines) + "\n")


def test_a_publish_after_a_rollback_writes_the_right_rows(history: History, tmp_path: Path) -> None:
    """Back to the first night, then on: the new release equals one without the detour."""
    settings, who = history.settings, "northlake_twin"
    with connection.connect(settings, role="publisher") as conn:
        only = release.releases(conn, who)[-1].release_id
    tomorrow = datetime.date.fromisoformat(history.nights[-1]) + datetime.timedelta(days=1)
    run(history, who, tomorrow.isoformat())
    straight = published(settings, who)
    with connection.connect(settings, role="publisher") as conn:
        release.rollback(conn, who, only)
    assert published(settings, who).release["release_id"] == only
    next_day = tomorrow + datetime.timedelta(days=1)
    run(history, who, next_day.isoformat())
    after = published(settings, who)
    assert after.release["release_id"] > straight.release["release_id"]
    assert (
        facts(after)[:2] == facts(straight)[:2] or after.statuses.keys() == straight.statuses.keys()
    )


def test_ledger_re_adds_to_the_claim_lines(history: History) -> None:
    for (who, _), seen in history.published.items():
        costs = {(r["case_key"], r["component"]): r for r in seen.claim_costs}
        checked = 0
        for row in seen.ledger:
            money = "allowed" if row["perspective"] == "system" else "paid"
            for component in ("alternative", "induced"):
                line = costs.get((row["case_key"], component))
                total = line[money] if line else Decimal(0)
                assert row[f"{component}_cost"] == total, (who, component)
                checked += total != 0
        assert checked > 5


CENT = {"northlake": Decimal("0.01"), "rheinland": Decimal("0.01"), "hokkai": Decimal("1")}


def test_headline_net_re_adds_from_cases_and_fees(history: History) -> None:
    nights_seen = 0
    for (who, _), seen in history.published.items():
        rows = {
            r["measure"]: r
            for r in seen.savings
            if r["perspective"] == "payor"
            and r["maturity"] == "closed"
            and r["slice"] == "total"
            and r["period_grain"] == "all"
        }
        cases = [
            r
            for r in seen.ledger
            if r["perspective"] == "payor"
            and r["maturity"] == "closed"
            and r["is_estimable"]
            and r["is_observed_to_window_end"]
        ]
        gross = sum((r["gross_savings"] / r["enrolment_survival"] for r in cases), Decimal(0))
        gross = gross.quantize(CENT[who], rounding="ROUND_HALF_UP")
        fees = sum((r["fee_amount"] for r in seen.fees if r["maturity"] == "closed"), Decimal(0))
        assert rows["verified_gross"]["numerator"] == gross
        assert rows["programme_fees"]["numerator"] == fees
        assert rows["verified_net"]["numerator"] == gross - fees
        nights_seen += 1
    assert nights_seen == 12
