"""The demo night: a simulated world, delivered and run through Airflow's scheduler."""

from __future__ import annotations

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline import airflow_stack
from pipeline.private import FILE, private_folder
from pipeline.settings import Settings

FINAL = ("success", "failed")


def say(text: str) -> None:
    print(text, flush=True)


class Clock:
    """Wall time of the parts of a night, printed as they end."""

    def __init__(self) -> None:
        self.begin = time.monotonic()
        self.last = self.begin

    def lap(self, what: str) -> None:
        now = time.monotonic()
        say(f"  {what:<46} {now - self.last:6.1f} s")
        self.last = now

    def total(self) -> float:
        return time.monotonic() - self.begin


def world_dir(settings: Settings) -> Path:
    return settings.home / "world"


def make_world(settings: Settings) -> list[str]:
    """Write the demo world once; returns its nights."""
    from simulation import simulate

    truth = world_dir(settings) / "truth.json"
    if not truth.exists():
        partial = settings.home / "world.partial"
        shutil.rmtree(partial, ignore_errors=True)
        simulate(partial)
        shutil.rmtree(world_dir(settings), ignore_errors=True)
        partial.rename(world_dir(settings))
    nights: list[str] = json.loads(truth.read_text())["nights"]
    return nights


def onboard(settings: Settings) -> list[str]:
    """Add the demo payors to the warehouse; returns their ids."""
    from warehouse import payor

    files = sorted((world_dir(settings) / "payors").glob("*.yml"))
    return [payor.add(settings, path).payor_id for path in files]


def deliver(settings: Settings, date: str) -> int:
    """Copy every file that the world's senders have sent by `date` into landing."""
    count = 0
    for night in sorted((world_dir(settings) / "nights").iterdir()):
        if night.name > date:
            break
        for source in sorted(p for p in night.rglob("*") if p.is_file()):
            target = settings.landing / source.relative_to(night)
            if target.exists() and target.stat().st_size == source.stat().st_size:
                continue
            private_folder(target.parent)
            arriving = target.with_suffix(target.suffix + ".part")
            shutil.copyfile(source, arriving)
            arriving.chmod(FILE)
            arriving.rename(target)
            count += 1
    return count


def follow(settings: Settings, api: airflow_stack.Api, runs: dict[str, str]) -> dict[str, str]:
    """Print each task as it ends until every run has ended; returns run states by DAG.

    Raises StackError when a part of Airflow has ended meanwhile: nothing would end the runs.
    """
    seen: set[tuple[str, str]] = set()
    begin = time.monotonic()
    states: dict[str, str] = {}
    while len(states) < len(runs):
        if len(airflow_stack.running(settings)) < len(airflow_stack.COMPONENTS):
            raise airflow_stack.StackError(f"Airflow stopped; see *.out in {settings.airflow_home}")
        for dag_id, run_id in runs.items():
            for task, state in api.task_states(dag_id, run_id).items():
                if state in ("success", "failed", "upstream_failed") and (dag_id, task) not in seen:
                    seen.add((dag_id, task))
                    mark = "" if state == "success" else f"  {state}{why(settings, dag_id, state)}"
                    say(f"  {time.monotonic() - begin:6.1f} s  {dag_id[6:]:<12} {task}{mark}")
            if dag_id not in states and (ended := api.run_state(dag_id, run_id)) in FINAL:
                states[dag_id] = ended
        time.sleep(1)
    return states


def why(settings: Settings, dag_id: str, state: str) -> str:
    """What the warehouse knows of a failed task's run: the reason's code and the checks."""
    if state != "failed":
        return ""
    from pipeline import night

    found = night.outcome(settings, dag_id.removeprefix("night_"))
    said = [found["reason"] or "see the task's log", *found["blocked_by"]]
    return ": " + ", ".join(said)


def run_airflow(settings: Settings, payors: list[str], date: str, clock: Clock) -> bool:
    """One Airflow run per payor for `date`; True when all succeeded. Stops what it started."""
    started = airflow_stack.start(settings)
    try:
        clock.lap("Airflow: scheduler, dag-processor, api-server up")
        api = airflow_stack.Api(airflow_stack.address(settings))
        for who in payors:
            api.wait_for_dag(f"night_{who}")
        clock.lap("Airflow: DAGs found")
        # the world has dates of its own, whatever today is
        conf = {"date": date, "allow_future": True}
        runs = {f"night_{who}": api.trigger(f"night_{who}", conf) for who in payors}
        states = follow(settings, api, runs)
        clock.lap(f"the night of {date}, {len(payors)} payors")
    finally:
        airflow_stack.stop(settings, started)
    return all(state == "success" for state in states.values())


def last_nights(settings: Settings, payors: list[str]) -> list[str]:
    """Business dates of the payors' newest releases: without a date, `make night` repeats them."""
    from warehouse import connection, release

    with connection.connect(settings, role="publisher") as conn:
        return [r.as_of.isoformat() for who in payors for r in release.releases(conn, who)]


def prepare(settings: Settings) -> tuple[list[str], list[str]]:
    """Warehouse, world and payors, Airflow's own database beside them; returns payors, nights."""
    from warehouse.migrate import init

    init(settings)
    airflow_stack.configure(settings)
    with ThreadPoolExecutor(max_workers=1) as beside:
        metadata = beside.submit(airflow_stack.migrate, settings)
        nights = make_world(settings)
        payors = onboard(settings)
        metadata.result()
    return payors, nights


def night(settings: Settings, date: str | None = None) -> int:
    """The whole demo night; returns the exit code."""
    from reports.summary import night_table

    clock = Clock()
    payors, nights = prepare(settings)
    clock.lap("warehouse, simulated world, payors")
    wanted = date or max([nights[0], *last_nights(settings, payors)])
    if wanted not in nights:
        say(f"{wanted} is not a night of the demo world; its nights are {', '.join(nights)}")
        return 2
    say(f"  {deliver(settings, wanted)} new files in {settings.landing}")
    succeeded = run_airflow(settings, payors, wanted, clock)
    say("")
    say(night_table(settings, payors))
    for who in payors:
        say(f"report  {settings.reports_dir / who / 'report.html'}")
    say(f"\n{'done' if succeeded else 'NOT everything was published'} in {clock.total():.0f} s")
    return 0 if succeeded else 3


def stop_everything(settings: Settings) -> None:
    """End Airflow and the warehouse server of this home."""
    from warehouse import server

    stopped = airflow_stack.stop(settings)
    if settings.database_url is None:
        server.stop(settings)
        stopped.append("warehouse")
    say("stopped: " + ", ".join(stopped))
