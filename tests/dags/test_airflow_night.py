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
from warehouse import connection, payor
from warehouse.release import releases

pytestmark = [pytest.mark.night, pytest.mark.warehouse]
DATE = datetime.date(2026, 7, 1)


@pytest.fixture(scope="module")
def stack(settings: Settings) -> Iterator[Settings]:
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


def test_a_payors_night_runs_through_the_scheduler(
    stack: Settings, small_world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    added = payor.add(stack, small_world / "payors" / "northlake.yml")
    for source in sorted((small_world / "nights" / str(DATE) / "northlake").rglob("*.*")):
        target = stack.landing / "northlake" / source.parent.name / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    api = airflow_stack.Api(airflow_stack.address(stack))
    dag_id = f"night_{added.payor_id}"
    api.wait_for_dag(dag_id)
    states = demo.follow(
        stack, api, {dag_id: api.trigger(dag_id, {"date": str(DATE), "allow_future": True})}
    )
    assert states == {dag_id: "success"}
    with connection.connect(stack, role="publisher") as conn:
        published = releases(conn, "northlake")
    assert len(published) == 1
    assert published[0].as_of == DATE
    assert (stack.reports_dir / "northlake" / "report.html").stat().st_size > 5_000
    assert "publish" in capsys.readouterr().out


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
