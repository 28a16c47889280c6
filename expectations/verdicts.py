"""What a check's counts mean: the only place where a verdict is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from expectations.register import Check

PASS = "PASS"
FAIL = "FAIL"
ERROR = "ERROR"
NOT_RUN = "NOT_RUN"
NOT_APPLICABLE = "NOT_APPLICABLE"
VERDICTS = (PASS, FAIL, ERROR, NOT_RUN, NOT_APPLICABLE)
CLEARED = (PASS, NOT_APPLICABLE)


@dataclass(frozen=True)
class Counts:
    """What the engine measured: success under the check's threshold, rows judged, rows failing."""

    success: bool
    evaluated: int
    failed: int


@dataclass(frozen=True)
class Verdict:
    """One row of `ops.gate_result`. `reason` is a code, never a value of the data."""

    check_id: str
    verdict: str
    rows_evaluated: int = 0
    rows_failed: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class GateOutcome:
    """One gate of one run: verdict -> number of checks, what blocks, what only warns."""

    payor: str
    gate: str
    run_epoch: int
    verdicts: dict[str, int]
    blocking: list[str]
    warnings: list[str]

    @property
    def is_blocked(self) -> bool:
        return bool(self.blocking)


def judge(check: Check, counts: Counts, na_reason: Callable[[], str | None]) -> Verdict:
    """Verdict of a check that ran. A failure is a failure however few rows there were;
    too few rows without a failure need an allowed reason."""
    if not counts.success:
        return Verdict(check.check_id, FAIL, counts.evaluated, counts.failed, "rule_broken")
    if counts.evaluated >= check.min_rows:
        return Verdict(check.check_id, PASS, counts.evaluated, counts.failed)
    reason = na_reason()
    verdict = NOT_APPLICABLE if reason else FAIL
    return Verdict(
        check.check_id, verdict, counts.evaluated, counts.failed, reason or "too_few_rows"
    )


def summarise(
    payor: str, gate: str, run_epoch: int, checks: Iterable[Check], verdicts: Iterable[Verdict]
) -> GateOutcome:
    """Outcome of one gate: a registered check without a verdict counts as NOT_RUN."""
    by_id = {verdict.check_id: verdict.verdict for verdict in verdicts}
    answers = [(check, by_id.get(check.check_id, NOT_RUN)) for check in checks]
    counted = Counter(answer for _, answer in answers)
    uncleared = [(check, answer) for check, answer in answers if answer not in CLEARED]
    return GateOutcome(
        payor=payor,
        gate=gate,
        run_epoch=run_epoch,
        verdicts={name: counted[name] for name in VERDICTS if counted[name]},
        blocking=[check.check_id for check, _ in uncleared if check.blocks],
        warnings=[check.check_id for check, _ in uncleared if not check.blocks],
    )
