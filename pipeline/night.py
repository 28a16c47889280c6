"""One payor's night, step by step: the same functions whether Airflow or the command line calls.

A step reads its state from the warehouse and leaves its result there; the words returned here are
for people. Nothing a step returns or raises holds a value of the data.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import ingestion
import ingestion.load
import ingestion.parts
import ingestion.receipts
from ingestion.manifests import judge_exports
from ingestion.settling import WAITING, settled
from pipeline import children
from pipeline.settings import Settings, child_environment
from warehouse import connection, payor, release

LAYERS = {
    "claims_and_cases": "claims_cases",
    "facts_and_ledger": "facts",
    "aggregates": "aggregates",
}
GATES = {"gate_raw": "raw", "gate_intermediate": "intermediate", "gate_marts": "marts"}


class StepFailed(RuntimeError):
    """A step that could not do its work; the message says which and what to look at."""


class Superseded(StepFailed):
    """Another night of the payor has taken over: its tables are not this night's."""


class GateBlocked(StepFailed):
    """A gate did not let the night pass; the verdicts are rows in `ops.gate_result`."""


class FutureDate(StepFailed):
    """A business date beyond tomorrow: publishing it would lock the payor until then."""


def require_present(as_of: datetime.date, today: datetime.date, allow_future: bool = False) -> None:
    """Raises FutureDate. today: read by the caller; tomorrow has begun in other time zones."""
    if not allow_future and as_of > today + datetime.timedelta(days=1):
        raise FutureDate(
            f"[E-FUTURE] {as_of} is in the future; --allow-future takes it all the same"
        )


@dataclass(frozen=True)
class Step:
    """What one step did: its name, one word, and counts."""

    name: str
    word: str
    counts: dict[str, int]

    def line(self) -> str:
        counts = ", ".join(f"{k} {v}" for k, v in self.counts.items())
        return f"{self.name:<18} {self.word}" + (f"  ({counts})" if counts else "")


def _tally(words: list[str]) -> dict[str, int]:
    return {word: words.count(word) for word in sorted(set(words))}


def receive(settings: Settings, who: str, as_of: datetime.date) -> Step:
    """Open the run and register every delivered file as a receipt. Raises UnknownPayorError."""
    known = payor.get(settings, who)
    with connection.connect(settings, role="publisher") as conn:
        release.open_run(conn, who, as_of)
    states = []
    with closing(connection.connect2(settings, role="loader")) as conn2:
        files = ingestion.discover(settings.landing, who, list(known.feeds))
        new = ingestion.receipts.unregistered(conn2, who, files)
        whole = settled(new, known.deliveries)
        present = {path.name for _, path in files}
        judged = judge_exports(whole, present, known.feeds, known.deliveries, as_of)
        for feed, path in judged.ready:
            against = judged.against.get(path)
            receipt = ingestion.receipts.register(
                conn2, who, feed, known.feeds[feed], path, as_of, against
            )
            states.append(receipt.state)
        waiting = len(new) - len(whole) + len(judged.waiting)
    counts = _tally(states) | ({WAITING: waiting} if waiting else {})
    return Step("receive", "received" if states else "no files", counts)


def load(settings: Settings, who: str, as_of: datetime.date) -> Step:
    """Load every receipt that waits, one transaction each."""
    outcomes = []
    with closing(connection.connect2(settings, role="loader")) as conn2:
        for receipt in ingestion.receipts.waiting(conn2, who, settings.landing):
            outcomes.append(ingestion.load.load_receipt(conn2, receipt).state)
        ingestion.parts.finish(conn2, who)
    return Step("load", "loaded" if outcomes else "nothing waits", _tally(outcomes))


def link(settings: Settings, who: str, as_of: datetime.date) -> Step:
    """Link consultations without a member id to members, then seal what this run works on."""
    from linking.run import link as link_records

    with connection.connect(settings, role="publisher") as conn:
        run = release.current_run(conn, who)
    with connection.connect(settings, role="linker") as conn:
        linked = link_records(conn, who, run.epoch, as_of)
    with connection.connect(settings, role="publisher") as conn:
        run = release.seal_inputs(conn, run)
    return Step("link", "unchanged" if run.state == "unchanged" else linked.word, linked.counts)


def gate(settings: Settings, who: str, name: str) -> Step:
    """Run one gate in a process of its own (the library's import is heavy and leaves state)."""
    command = [sys.executable, "-m", "expectations.gate", "--payor", who, "--gate", GATES[name]]
    code = children.run(command, settings.root, child_environment(settings), quiet=True)
    if code != 0:
        with connection.connect(settings, role="publisher") as conn:
            run = release.current_run(conn, who)
            release.mark(conn, run, "blocked")
            checks = ", ".join(release.blocking_checks(conn, run))
        raise GateBlocked(f"{who}: gate {GATES[name]} blocks: {checks or 'no verdicts'}")
    return Step(name, "passed", {})


def transform(settings: Settings, who: str, name: str) -> Step:
    """Build one layer with dbt, every selected node accounted for."""
    from pipeline.transform import run_layer

    built = run_layer(settings, who, LAYERS[name])
    return Step(name, "built", {"nodes": len(built)})


def basis(settings: Settings, who: str) -> Step:
    """Estimate this month's parameters when they are due; pin the basis of this run."""
    from evaluation.basis import estimate_if_due

    with connection.connect(settings, role="transformer") as conn:
        return Step("basis", "pinned", {"basis": estimate_if_due(conn, who)})


def intervals(settings: Settings, who: str) -> Step:
    """Bootstrap intervals of the headline figures, and how far readers agree."""
    from evaluation.estimates import write_estimates

    with connection.connect(settings, role="transformer") as conn:
        write_estimates(conn, who)
    return Step("intervals", "written", {})


def publish(settings: Settings, who: str) -> Step:
    """Make the night visible, or say why not."""
    with connection.connect(settings, role="publisher") as conn:
        try:
            result = release.publish(conn, release.current_run(conn, who))
        except release.PublishBlocked as blocked:
            raise GateBlocked(f"{who}: {blocked}") from None
    counts = {"release": result.release_id, "opened": result.opened, "closed": result.closed}
    return Step("publish", result.state, counts)


def report(settings: Settings, who: str) -> Step:
    """Write the payor's page of the release that is visible now."""
    from reports.payor_report import write_report

    write_report(settings, who, settings.reports_dir / who)
    return Step("report", "written", {})


def confirm(settings: Settings, who: str, as_of: datetime.date) -> Step:
    """Red unless this date's run is published or had nothing new to publish."""
    with connection.connect(settings, role="publisher") as conn:
        run = release.current_run(conn, who)
    if run.as_of != as_of or run.state not in ("published", "unchanged"):
        raise StepFailed(
            f"{who}: the run of {as_of} ended {run.state}; readers keep the last release"
        )
    return Step("confirm", run.state, {})


def _steps(settings: Settings, who: str, as_of: datetime.date) -> dict[str, Callable[[], Step]]:
    table: dict[str, Callable[[], Step]] = {
        "receive": lambda: receive(settings, who, as_of),
        "load": lambda: load(settings, who, as_of),
        "link": lambda: link(settings, who, as_of),
        "basis": lambda: basis(settings, who),
        "intervals": lambda: intervals(settings, who),
        "publish": lambda: publish(settings, who),
        "report": lambda: report(settings, who),
        "confirm": lambda: confirm(settings, who, as_of),
    }
    for name in GATES:
        table[name] = lambda name=name: gate(settings, who, name)  # type: ignore[misc]
    for name in LAYERS:
        table[name] = lambda name=name: transform(settings, who, name)  # type: ignore[misc]
    return table


STEPS = (
    "receive",
    "load",
    "link",
    "gate_raw",
    "claims_and_cases",
    "gate_intermediate",
    "basis",
    "facts_and_ledger",
    "intervals",
    "aggregates",
    "gate_marts",
    "publish",
    "report",
    "confirm",
)
# these do their work even when the run has nothing new
ALWAYS = ("receive", "load", "link", "publish", "report", "confirm")


def run_step(settings: Settings, who: str, as_of: datetime.date, step: str) -> Step:
    """Run one step; a run with nothing to publish passes through the middle ones untouched.

    A step works for its own night only (Superseded otherwise), and what stops it is recorded.
    """
    if step in ("receive", "report"):
        return _steps(settings, who, as_of)[step]()
    run = _own_run(settings, who, as_of)
    if step not in ALWAYS and (run.state == "unchanged" or run.reason == "older_than_head"):
        return Step(step, run.reason or run.state, {})
    try:
        return _steps(settings, who, as_of)[step]()
    except StepFailed:
        raise
    except Exception as error:
        with connection.connect(settings, role="publisher") as conn:
            release.mark(conn, run, "failed", f"{step}_{type(error).__name__}"[:60])
        raise


def _own_run(settings: Settings, who: str, as_of: datetime.date) -> release.Run:
    with connection.connect(settings, role="publisher") as conn:
        run = release.current_run(conn, who)
    if run.as_of != as_of:
        raise Superseded(f"{who}: the night of {run.as_of} has taken over from {as_of}")
    return run


def run_night(settings: Settings, who: str, as_of: datetime.date) -> Iterator[Step]:
    """All steps in order; after a failure the report is still written, then it is raised."""
    failure: Exception | None = None
    for step in STEPS:
        if failure is not None and step != "report":
            continue
        try:
            yield run_step(settings, who, as_of, step)
        except Exception as error:
            failure = failure or error
    if failure is not None:
        raise failure


def outcome(settings: Settings, who: str) -> dict[str, Any]:
    """Where the payor's last run ended: date, state, reason and the checks that blocked it."""
    with connection.connect(settings, role="publisher") as conn:
        run = release.current_run(conn, who)
        checks = release.blocking_checks(conn, run)
    return {
        "payor": who,
        "as_of": run.as_of.isoformat(),
        "state": run.state,
        "reason": run.reason,
        "blocked_by": checks,
    }
