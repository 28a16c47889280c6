"""One DAG per onboarded payor: its night, from delivered files to published marts.

What: receive, load, link, gate, transform, estimate, publish and report for one payor and one
business date. Inputs: the payor's landing folder. Outputs: a release in `mart`, or why not.
How to rerun: trigger it again with the same date; every step is a no-op when its work is done.
Who cares if it fails: the payor's data team; `bi.release_status` says what its readers still see.
"""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, dag, task

HOME = Path(os.environ.get("SECOND_OPINION_HOME") or Path(__file__).parents[1] / ".second-opinion")

# the order of a night; the report after them also runs when one of them failed
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
)


@task(retries=1, retry_delay=datetime.timedelta(seconds=15))
def run_step(payor: str, step: str, params: dict[str, Any] | None = None) -> str:
    """Run one step of the night; returns its outcome word, never data."""
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    from pipeline import night
    from pipeline.errors import describe
    from pipeline.settings import load_settings

    given = params or {}
    date = datetime.date.fromisoformat(given["date"])
    try:
        if step == "receive":
            allowed = bool(given.get("allow_future"))
            night.require_present(date, datetime.date.today(), allowed)
        return night.run_step(load_settings(), payor, date, step).word
    except night.StepFailed as error:
        # trying again cannot help: the reason is a row in the warehouse
        raise AirflowFailException(str(error)) from None
    except Exception as error:
        # the log gets no value of the data: a database error could quote a row
        raise AirflowException(describe(error)) from None


def night_dag(payor: str) -> DAG:
    """The DAG of one payor."""

    @dag(
        dag_id=f"night_{payor}",
        doc_md=__doc__,
        schedule=None,
        catchup=False,
        max_active_runs=1,
        default_args={"owner": "data-team"},
        tags=["night", "tier-1"],
        params={
            "date": Param(type="string", format="date", description="business date (as_of)"),
            "allow_future": Param(False, type="boolean", description="take a date beyond tomorrow"),
        },
    )
    def night() -> None:
        previous = None
        for step in STEPS:
            current = run_step.override(task_id=step)(payor, step)
            if previous is not None:
                previous >> current
            previous = current
        report = run_step.override(task_id="report", trigger_rule="all_done")(payor, "report")
        # the leaf that decides the run's colour: red unless the release is really there
        confirm = run_step.override(task_id="confirm")(payor, "confirm")
        previous >> report
        [previous, report] >> confirm

    return night()


for _path in sorted((HOME / "payors").glob("*.yml")):
    globals()[f"night_{_path.stem}"] = night_dag(_path.stem)
