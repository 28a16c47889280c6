"""Airflow on this machine: its settings, its three processes, and the few API calls we need.

Scheduler (with LocalExecutor), dag-processor and api-server are started apart, each on 127.0.0.1
only; secrets stand in a 0600 `airflow.cfg`, never in an environment or on a command line.
"""

from __future__ import annotations

import base64
import configparser
import contextlib
import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.private import UMASK, private_folder, write_private
from pipeline.settings import Settings, child_environment
from warehouse import connection

COMPONENTS = {
    "api-server": ("api-server",),
    "dag-processor": ("dag-processor",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
}
USER = "admin"


class StackError(RuntimeError):
    """A part of Airflow did not come up or did not answer; the message names the log to read."""


@dataclass(frozen=True)
class Address:
    """Where the Airflow UI and API are, and how to log in."""

    port: int
    user: str
    password: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _secrets(settings: Settings) -> dict[str, Any]:
    """Secrets and port of this installation, made once."""
    path = settings.airflow_home / "secrets.json"
    if path.exists():
        stored: dict[str, Any] = json.loads(path.read_text())
        return stored
    made = {
        "port": _free_port(),
        "password": secrets.token_urlsafe(12),
        "jwt": secrets.token_urlsafe(48),
        "api": secrets.token_urlsafe(32),
        "fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    private_folder(settings.airflow_home)
    write_private(path, json.dumps(made).encode())
    return made


def address(settings: Settings) -> Address:
    made = _secrets(settings)
    return Address(port=made["port"], user=USER, password=made["password"])


def _configuration(settings: Settings) -> dict[str, dict[str, str]]:
    made = _secrets(settings)
    url = f"http://127.0.0.1:{made['port']}"
    home = settings.airflow_home
    return {
        "core": {
            "dags_folder": str(settings.root / "dags"),
            "executor": "LocalExecutor",
            "parallelism": "2",
            "load_examples": "False",
            "fernet_key": made["fernet"],
            "execution_api_server_url": f"{url}/execution/",
            "simple_auth_manager_users": f"{USER}:admin",
            "simple_auth_manager_passwords_file": str(home / "passwords.json"),
            "default_timezone": "utc",
            "dags_are_paused_at_creation": "False",
        },
        "database": {
            "sql_alchemy_conn": connection.airflow_url(settings),
            "sql_alchemy_conn_async": connection.airflow_url(settings, "postgresql+asyncpg"),
            "sql_alchemy_pool_size": "3",
            "sql_alchemy_max_overflow": "5",
        },
        "api": {
            "host": "127.0.0.1",
            "port": str(made["port"]),
            "base_url": url,
            "workers": "1",
            "secret_key": made["api"],
        },
        "api_auth": {"jwt_secret": made["jwt"]},
        "scheduler": {"scheduler_heartbeat_sec": "1", "enable_health_check": "False"},
        "dag_processor": {
            "parsing_processes": "1",
            "refresh_interval": "5",
            "bundle_refresh_check_interval": "1",
            "min_file_process_interval": "5",
        },
        "logging": {"base_log_folder": str(home / "logs"), "logging_level": "INFO"},
        "usage_data_collection": {"enabled": "False"},
    }


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _keep_a_free_port(settings: Settings) -> dict[str, Any]:
    """The stored secrets, with another port when some other program has taken ours."""
    made = _secrets(settings)
    if "api-server" not in running(settings) and not _is_free(made["port"]):
        made["port"] = _free_port()
        write_private(settings.airflow_home / "secrets.json", json.dumps(made).encode())
    return made


def configure(settings: Settings) -> None:
    """Write `airflow.cfg` and the login file of the UI (both 0600)."""
    made = _keep_a_free_port(settings)
    config = configparser.ConfigParser(interpolation=None)
    config.read_dict(_configuration(settings))
    with (settings.airflow_home / "airflow.cfg.new").open("w") as handle:
        os.fchmod(handle.fileno(), 0o600)
        config.write(handle)
    (settings.airflow_home / "airflow.cfg.new").replace(settings.airflow_home / "airflow.cfg")
    passwords = json.dumps({USER: made["password"]})
    write_private(settings.airflow_home / "passwords.json", passwords.encode())


def environment(settings: Settings) -> dict[str, str]:
    """Environment of every Airflow process: where things are, and nothing that calls home."""
    inherited = child_environment(settings)
    keep = {k: v for k, v in inherited.items() if not k.startswith("AIRFLOW__")}
    keep.pop("PYTHONDONTWRITEBYTECODE", None)
    keep |= {
        "AIRFLOW_HOME": str(settings.airflow_home),
        "DO_NOT_TRACK": "1",
        "SCARF_ANALYTICS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    return keep


def airflow(settings: Settings, *args: str) -> subprocess.CompletedProcess[str]:
    """Run one Airflow command to its end."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "airflow"), *args],
        env=environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )


def migrate(settings: Settings) -> None:
    """Create or upgrade Airflow's own database; skipped while the same version's stamp stands."""
    from importlib.metadata import version

    stamp = settings.airflow_home / "migrated"
    current = hashlib.sha256(
        f"{version('apache-airflow')} {connection.airflow_url(settings)}".encode()
    ).hexdigest()
    if stamp.exists() and stamp.read_text() == current:
        return
    done = airflow(settings, "db", "migrate")
    if done.returncode != 0:
        log = settings.airflow_home / "migrate.log"
        write_private(log, (done.stdout + done.stderr).encode())
        raise StackError(f"airflow db migrate failed; see {log}")
    write_private(stamp, current.encode())


def _pid_file(settings: Settings, name: str) -> Path:
    return settings.airflow_home / f"{name}.pid"


def _birth(pid: int) -> str | None:
    """When a living process was started (clock ticks); None when it has ended.

    Tells a recycled pid from ours. Where there is no /proc, only that the pid is in use is known.
    """
    if not Path("/proc/self/stat").exists():
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            return "unknown"
        return None
    with contextlib.suppress(OSError, IndexError):
        # the name in brackets may hold blanks: fields are counted from its end
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    return None


def _living(settings: Settings, name: str) -> int | None:
    """Pid of a component, when the process that we started under that name still lives."""
    path = _pid_file(settings, name)
    if not path.exists():
        return None
    pid, _, birth = path.read_text().partition(" ")
    return int(pid) if birth and _birth(int(pid)) == birth else None


def running(settings: Settings) -> dict[str, int]:
    """Pids of the components that run now."""
    found = {name: _living(settings, name) for name in COMPONENTS}
    return {name: pid for name, pid in found.items() if pid is not None}


def start(settings: Settings) -> list[str]:
    """Start what does not run yet and wait until the API answers; returns what was started."""
    configure(settings)
    migrate(settings)
    already = running(settings)
    started = [name for name in COMPONENTS if name not in already]
    try:
        for name in started:
            _spawn(settings, name)
        _wait_healthy(settings)
    except BaseException:
        stop(settings, started)
        raise
    return started


def _spawn(settings: Settings, name: str) -> None:
    log = settings.airflow_home / f"{name}.out"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "airflow"), *COMPONENTS[name]],
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=UMASK,
        )
    write_private(_pid_file(settings, name), f"{process.pid} {_birth(process.pid)}".encode())


def _wait_healthy(settings: Settings, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            health = _ask(address(settings).url + "/api/v2/monitor/health", None, None)
            if health["scheduler"]["status"] == "healthy":
                return
        if len(running(settings)) < len(COMPONENTS):
            break
        time.sleep(0.5)
    raise StackError(f"Airflow did not come up; see *.out in {settings.airflow_home}")


def stop(settings: Settings, names: list[str] | None = None) -> list[str]:
    """Stop components by pid, children with them; returns what was stopped."""
    pids = {n: p for n, p in running(settings).items() if names is None or n in names}
    for signum, patience in ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)):
        for pid in pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signum)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and pids.keys() & running(settings).keys():
            time.sleep(0.1)
    for name in pids:
        _pid_file(settings, name).unlink(missing_ok=True)
    return sorted(pids)


# ---------------------------------------------------------------- the API, as far as we need it


def _get(url: str, token: str | None = None, body: dict[str, Any] | None = None) -> Any:
    """One call; a read is tried again a few times: a busy machine may answer late."""
    for patience in (1, 3, 10) if body is None else ():
        try:
            return _ask(url, token, body)
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(patience)
    return _ask(url, token, body)


def _ask(url: str, token: str | None, body: dict[str, Any] | None) -> Any:
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"}
        | ({"Authorization": f"Bearer {token}"} if token else {}),
    )
    # no proxy: the address is always this machine
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.loads(answer.read())


class Api:
    """The calls a night needs: wait for a DAG, trigger it, see its tasks."""

    def __init__(self, where: Address) -> None:
        self.base = where.url + "/api/v2"
        login = {"username": where.user, "password": where.password}
        self.token = _get(where.url + "/auth/token", body=login)["access_token"]

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return _get(self.base + path, self.token, body)

    def wait_for_dag(self, dag_id: str, seconds: float = 90) -> None:
        """Until the dag-processor has seen the DAG; import errors are raised at once."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(urllib.error.HTTPError):
                if self._call(f"/dags/{dag_id}")["dag_id"] == dag_id:
                    return
            errors = self._call("/importErrors")["import_errors"]
            if errors:
                raise StackError(f"a DAG file does not import: {errors[0]['filename']}")
            time.sleep(0.5)
        raise StackError(f"DAG {dag_id} was not found within {seconds:.0f} s")

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        """Start a run; returns its id."""
        body = {"logical_date": None, "conf": conf}
        return str(self._call(f"/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        return str(self._call(f"/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        answer = self._call(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=100")
        return {t["task_id"]: t["state"] for t in answer["task_instances"]}
