"""The catalogue, its hash, its page, and what a verdict is made of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from expectations import docs, register
from expectations.applicability import NA_RULES
from expectations.register import GATES, RULES, checks_of, load_register, register_hash
from expectations.scope import WHERE
from expectations.verdicts import Counts, Verdict, judge, summarise

CHECK = load_register()[0]


def test_every_gate_has_checks_of_every_kind_of_severity() -> None:
    assert {(check.gate, check.severity) for check in load_register()} >= {
        (gate, severity) for gate in GATES for severity in ("S1",)
    }
    assert {check.severity for check in load_register()} == {"S1", "S2", "S3"}


def test_every_name_in_the_catalogue_is_known() -> None:
    assert {name for check in load_register() for name in check.na_rules} <= NA_RULES.keys()
    assert {check.options.get("scope", "all") for check in load_register()} <= WHERE.keys()


def test_every_rule_belongs_to_a_check() -> None:
    rules = {path.stem for path in RULES.glob("*.sql")}
    assert rules == {check.check_id for check in load_register() if check.check == "rule"}
    assert len(rules) > 30


def test_every_reason_is_explained_on_the_page() -> None:
    page = docs.render()
    assert all(f"`{name}`" in page for name in NA_RULES)


def test_the_page_is_up_to_date() -> None:
    assert docs.PAGE.read_text(encoding="utf-8") == docs.render(), "run python -m expectations.docs"


def test_the_hash_is_stable_and_follows_every_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = register_hash()
    shutil.copytree(register.HERE, tmp_path / "expectations")
    monkeypatch.setattr(register, "CATALOGUE", tmp_path / "expectations" / "catalogue.csv")
    monkeypatch.setattr(register, "RULES", tmp_path / "expectations" / "rules")
    copied = register_hash.__wrapped__()
    rule = tmp_path / "expectations" / "rules" / "mart_ledger_net.sql"
    rule.write_text(rule.read_text().replace("case_fee", "0 * case_fee"))

    assert copied == first
    assert register_hash.__wrapped__() != first


@pytest.mark.parametrize(
    ("counts", "reason", "expected"),
    [
        (Counts(True, 5, 0), None, ("PASS", None)),
        (Counts(True, 5, 1), None, ("PASS", None)),
        (Counts(False, 5, 1), "no_new_files", ("FAIL", "rule_broken")),
        (Counts(True, 0, 0), None, ("FAIL", "too_few_rows")),
        (Counts(True, 0, 0), "no_new_files", ("NOT_APPLICABLE", "no_new_files")),
    ],
)
def test_a_verdict_follows_from_counts_and_reason(
    counts: Counts, reason: str | None, expected: tuple[str, str | None]
) -> None:
    verdict = judge(CHECK, counts, lambda: reason)
    assert (verdict.verdict, verdict.reason) == expected


def test_a_check_without_a_verdict_blocks_and_a_warning_does_not() -> None:
    checks = checks_of("raw")
    answered = [
        Verdict(check.check_id, "PASS" if check.blocks else "FAIL")
        for check in checks
        if check.check_id != "raw_conservation"
    ]

    outcome = summarise("p", "raw", 1, checks, answered)

    assert outcome.blocking == ["raw_conservation"]
    assert outcome.verdicts["NOT_RUN"] == 1
    assert set(outcome.warnings) == {c.check_id for c in checks if c.severity == "S3"}
