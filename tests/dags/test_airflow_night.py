"""One real night through the real scheduler; what listens, where, and who may read the secrets."""

from __future__ import annotations

import datetime
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import airflow_stack, demo
from pipeline.settings import Settings
from tests.worlds import deliver, installation
from warehouse import connection
from warehouse.release import releases

pytestmark = [pytest.mark.night, pytest.mark.warehouse]
DATE = datetime.date(2026, 7, 1)
WHO = "northlake"
DAG = f"night_{WHO}"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, small_world: Path) -> Iterator[Settings]:
    with installation(tmp_path_factory.mktemp("scheduled"), small_world, WHO) as settings:
        airflow_stack.start(settings)
        yield settings
        airflow_stack.stop(settings)


def listening() -> list[tuple[str, int]]:
    """(address, pid) of every TCP socket that listens and whose owner we may see."""
    lines = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    found = []
    for line in lines.splitlines():
        if "pid=" in line:
            found.append((line.split()[3], int(line.split("pid=")[1].split(",")[0])))
    return found


def family(pid: int) -> set[int]:
    """A process and all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return {pid}
    return {pid}.union(*(family(int(child)) for child in children.read_text().split()))


def night_of(stack: Settings, world: Path, date: datetime.date) -> str:
    """Deliver one night of the world and let the scheduler run it; the run's state."""
    deliver(stack, world, str(DATE), WHO)
    api = airflow_stack.Api(airflow_stack.address(stack))
    api.wait_for_dag(DAG)
    run_id = api.trigger(DAG, {"date": str(date), "allow_future": True})
    return demo.follow(stack, api, {DAG: run_id})[DAG]


def test_a_payors_night_runs_through_the_scheduler(
    stack: Settings, small_world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert night_of(stack, small_world, DATE) == "success"
    with connection.connect(stack, role="publisher") as conn:
        published = releases(conn, WHO)
    assert len(published) == 1
    assert published[0].as_of == DATE
    assert (stack.reports_dir / WHO / "report.html").stat().st_size > 5_000
    assert "publish" in capsys.readouterr().out


def test_a_night_that_is_not_published_says_why(
    stack: Settings, small_world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert night_of(stack, small_world, DATE - datetime.timedelta(days=1)) == "failed"
    (line,) = [x for x in capsys.readouterr().out.splitlines() if "publish" in x]
    assert line.endswith("publish  failed: older_than_head")


def test_everything_listens_on_the_loopback_only(stack: Settings) -> None:
    ours = set().union(*(family(pid) for pid in airflow_stack.running(stack).values()))
    sockets = [address for address, pid in listening() if pid in ours]
    assert sockets, "the api-server listens"
    assert all(address.startswith("127.0.0.1:") for address in sockets)


def test_secrets_are_private_and_in_no_environment(stack: Settings) -> None:
    made = airflow_stack._secrets(stack)
    for name in ("airflow.cfg", "secrets.json", "passwords.json"):
        mode = (stack.airflow_home / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    for pid in airflow_stack.running(stack).values():
        text = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
        assert not any(made[key].encode() in text for key in ("password", "jwt", "api", "fernet"))
