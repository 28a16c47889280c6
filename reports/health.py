"""What stands behind a release: its own record, the last night, gates, feeds and quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from expectations.register import load_register
from reports.source import Row, Source

_RELEASE = """
    select
        release_id, as_of, run_epoch, input_hash, basis_id, reference_hash, contract_version,
        code_revision, register_hash, rows_opened, rows_closed,
        (
            select basis.plan_version
            from ops.basis as basis
            where basis.payor_id = %(payor)s and basis.basis_id = release.basis_id
        ) as plan_version
    from ops.release as release
    where payor_id = %(payor)s
        and release_id = coalesce(
            %(release)s,
            (select release_id from ops.release_pointer where payor_id = %(payor)s)
        )
"""
_HEAD = "select max(release_id) as release_id from ops.release where payor_id = %(payor)s"
_LAST_RUN = """
    select run_epoch, as_of, state, reason
    from ops.run
    where payor_id = %(payor)s
    order by run_epoch desc
    limit 1
"""
_GATES = """
    select check_id, verdict, rows_evaluated, rows_failed, reason
    from ops.gate_result
    where payor_id = %(payor)s and run_epoch = %(epoch)s
    order by check_id
"""
_FEEDS = """
    select
        feed,
        count(*) filter (where state = 'loaded') as loaded,
        count(*) filter (where state = 'refused') as refused,
        count(*) filter (where state = 'duplicate') as repeated,
        coalesce(sum(accepted) filter (where state = 'loaded'), 0) as accepted,
        coalesce(sum(quarantined) filter (where state = 'loaded'), 0) as quarantined,
        max(business_date) filter (where state = 'loaded') as through
    from ops.receipt
    where payor_id = %(payor)s and business_date <= %(as_of)s
    group by feed
    order by feed
"""
_HELD = """
    select receipt.feed, held.code, count(*) as held
    from ops.quarantine as held
    inner join ops.receipt as receipt on receipt.receipt_id = held.receipt_id
    where held.payor_id = %(payor)s and receipt.business_date <= %(as_of)s
    group by receipt.feed, held.code
    order by receipt.feed, held.code
"""
VERDICTS = ("PASS", "FAIL", "ERROR", "NOT_RUN", "NOT_APPLICABLE")


@dataclass(frozen=True)
class Answer:
    """One check that did not clear: what was asked, what came back, in counts."""

    check_id: str
    question: str
    severity: str
    verdict: str
    rows_failed: int
    rows_evaluated: int


@dataclass(frozen=True)
class Health:
    """What a page says about its own data.

    release None = nothing published yet. verdicts (gate -> verdict -> checks) and warnings are
    those of the release's own run, or of the last run without a release; blocking and unreached
    are the last run's.
    """

    release: Row | None
    head: int | None
    last_run: Row | None
    verdicts: dict[str, dict[str, int]]
    warnings: list[Answer]
    blocking: list[Answer]
    unreached: int
    feeds: list[Row]
    held: list[Row]

    @property
    def is_held_back(self) -> bool:
        """Whether a night later than the one shown was stopped."""
        if self.last_run is None:
            return False
        shown = self.release["run_epoch"] if self.release else 0
        stopped = self.last_run["state"] in ("blocked", "failed")
        return stopped and self.last_run["run_epoch"] > shown

    @property
    def is_rolled_back(self) -> bool:
        """Whether a newer release exists than the one shown."""
        return bool(self.release and self.head and self.head > self.release["release_id"])

    @property
    def through(self) -> dict[date | None, list[str]]:
        """Day of the last file taken in -> feeds; None = no file of the feed was taken in."""
        days: dict[date | None, list[str]] = {}
        for feed in self.feeds:
            days.setdefault(feed["through"], []).append(feed["feed"])
        return days

    @property
    def gate_total(self) -> dict[str, int]:
        """Verdict -> checks over all three gates."""
        return {
            name: sum(gate.get(name, 0) for gate in self.verdicts.values()) for name in VERDICTS
        }


def read_health(source: Source) -> Health:
    """Everything the banner says, for the release the source shows."""
    release = source.one(_RELEASE)
    head = source.one(_HEAD)
    run = source.one(_LAST_RUN)
    shown = release or run
    as_of = shown["as_of"] if shown else None
    answers = _answers(source, shown["run_epoch"]) if shown else []
    stopped = _answers(source, run["run_epoch"]) if run else []
    stopped = [answer for answer in stopped if answer.severity != "S3"]
    return Health(
        release=release,
        head=head["release_id"] if head else None,
        last_run=run,
        verdicts=_counted(source, shown["run_epoch"]) if shown else {},
        warnings=[answer for answer in answers if answer.severity == "S3"],
        blocking=[answer for answer in stopped if answer.verdict in ("FAIL", "ERROR")],
        unreached=sum(answer.verdict == "NOT_RUN" for answer in stopped),
        feeds=source.rows(_FEEDS, as_of=as_of),
        held=source.rows(_HELD, as_of=as_of),
    )


def _answers(source: Source, epoch: int) -> list[Answer]:
    """Registered checks of a run that neither passed nor were excused; absent = NOT_RUN."""
    found = {row["check_id"]: row for row in source.rows(_GATES, epoch=epoch)}
    uncleared = []
    for check in load_register():
        row = found.get(check.check_id)
        verdict = row["verdict"] if row else "NOT_RUN"
        if verdict not in ("PASS", "NOT_APPLICABLE"):
            uncleared.append(
                Answer(
                    check.check_id,
                    check.question,
                    check.severity,
                    verdict,
                    (row or {}).get("rows_failed") or 0,
                    (row or {}).get("rows_evaluated") or 0,
                )
            )
    return uncleared


def _counted(source: Source, epoch: int) -> dict[str, dict[str, int]]:
    found = {row["check_id"]: row["verdict"] for row in source.rows(_GATES, epoch=epoch)}
    counted: dict[str, dict[str, int]] = {}
    for check in load_register():
        gate = counted.setdefault(check.gate, {})
        verdict = found.get(check.check_id, "NOT_RUN")
        gate[verdict] = gate.get(verdict, 0) + 1
    return counted
