"""The embedded PostgreSQL: created on first use, started by any verb, stopped only on request.

It listens on 127.0.0.1 only, over TCP: a socket-only server cannot be used by every tool of the
night. Nothing here runs when `SECOND_OPINION_DATABASE_URL` names a server.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.settings import Settings
from warehouse import credentials
from warehouse.account import Account, account, binaries, server_folder
from warehouse.server_settings import HBA, server_settings

HOST = "127.0.0.1"
SUPERUSER = "postgres"
START_SECONDS = 120
STOP_SECONDS = 60
FIRST_PORT = 15432
PORTS = 10000


class ServerError(RuntimeError):
    """The embedded server could not be created, started or stopped; `log` says more."""

    def __init__(self, action: str, log: Path) -> None:
        super().__init__(f"E-SERVER {action} failed, see {log}")
        self.action = action
        self.log = log


@dataclass(frozen=True)
class Server:
    """State of the server. pid is None when it is not running, or is not ours (a URL is set)."""

    host: str
    port: int
    pid: int | None
    embedded: bool
    folder: Path | None

    @property
    def running(self) -> bool:
        return self.pid is not None or not self.embedded


def ensure_running(settings: Settings) -> Server:
    """Start the server if it is not running, creating it on first use. Cheap when it runs."""
    found = status(settings)
    if found.running:
        return found
    with credentials.lock(settings):
        found = status(settings)
        return found if found.running else _start(settings)


def status(settings: Settings) -> Server:
    """What is there now; starts nothing."""
    if settings.database_url:
        from warehouse.connection import external_address

        host, port = external_address(settings)
        return Server(host, port, None, embedded=False, folder=None)
    known = credentials.read(settings)
    folder = Path(known["folder"]) if "folder" in known else None
    pid = _running_pid(folder / "data") if folder else None
    return Server(HOST, int(known.get("port", 0)), pid, embedded=True, folder=folder)


def stop(settings: Settings) -> bool:
    """Stop the embedded server (clients are disconnected); False when it was not running."""
    with credentials.lock(settings):
        found = status(settings)
        if found.pid is None or found.folder is None:
            return False
        _stop_pid(found.pid, found.folder)
        return True


def destroy(settings: Settings) -> None:
    """Stop the server and delete its data. For tests and for leaving the product."""
    stop(settings)
    with credentials.lock(settings):
        folder = status(settings).folder
        if folder is not None:
            shutil.rmtree(folder)
        credentials.path(settings).unlink(missing_ok=True)


def _start(settings: Settings) -> Server:
    owner = account()
    bin_folder = binaries(owner)
    folder = server_folder(settings.home, owner)
    known = credentials.read(settings)
    if "folder" not in known:
        _set_aside(folder, owner)
    known.setdefault("passwords", {}).setdefault(SUPERUSER, credentials.generate())
    known["folder"] = str(folder)
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        _create(bin_folder, folder, owner, known["passwords"][SUPERUSER])
    known["port"] = _port(known.get("port"), settings)
    credentials.write(settings, known)
    _write(data / "second_opinion.conf", server_settings(known["port"]), owner)
    _write(data / "pg_hba.conf", HBA, owner)
    _launch(bin_folder, folder, owner)
    return status(settings)


def _set_aside(folder: Path, owner: Account) -> None:
    """Without its file of secrets an old server cannot be used: keep its data, start afresh."""
    pid = _running_pid(folder / "data")
    if pid is not None:
        _stop_pid(pid, folder)
    if (folder / "data").exists():
        taken = sum(1 for _ in folder.parent.glob(f"{folder.name}.old-*"))
        folder.rename(folder.with_name(f"{folder.name}.old-{taken + 1}"))
        folder.mkdir(mode=0o700)
        if owner.switch:
            os.chown(folder, owner.uid, owner.gid)


def _create(bin_folder: Path, folder: Path, owner: Account, password: str) -> None:
    """initdb beside its final place, so that a crash in the middle leaves nothing half made."""
    scratch = folder / "data.new"
    shutil.rmtree(scratch, ignore_errors=True)
    password_file = folder / "password"
    _write(password_file, password, owner)
    command = [
        str(bin_folder / "initdb"),
        f"--pgdata={scratch}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--data-checksums",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    _run(command, folder, owner, "initdb")
    password_file.unlink()
    with (scratch / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude 'second_opinion.conf'\n")
    scratch.rename(folder / "data")


def _launch(bin_folder: Path, folder: Path, owner: Account) -> None:
    """pg_ctl detaches the server and waits until it takes connections (crash recovery included)."""
    data = folder / "data"
    if _running_pid(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)  # left by a killed server or container
    wait = ["-w", "-t", str(START_SECONDS), "-l", str(folder / "start.log")]
    command = [str(bin_folder / "pg_ctl"), "start", "-D", str(data), *wait]
    _run(command, folder, owner, "start")


def _run(command: list[str], folder: Path, owner: Account, action: str) -> None:
    log = folder / f"{action}.out"
    # The output goes to a file: the detached server would keep a pipe open for ever.
    with log.open("wb") as out:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            check=False,
            **owner.popen_options(),  # type: ignore[call-overload]
        )
    if done.returncode != 0:
        raise ServerError(action, log)


def _write(path: Path, text: str, owner: Account) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
    if owner.switch:
        os.chown(path, owner.uid, owner.gid)


def _port(known: int | None, settings: Settings) -> int:
    """The port of last time; another one only if some program has taken it meanwhile."""
    if known and _free(known):
        return known
    # Below the range from which systems draw client ports, so nobody takes it while we are down.
    offset = sum(str(settings.home).encode()) * 7919 % PORTS
    candidates = (FIRST_PORT + (offset + step) % PORTS for step in range(PORTS))
    return next(port for port in candidates if _free(port))


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _running_pid(data: Path) -> int | None:
    """Process id of the live server of this data folder; None when the pid file is stale."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
        os.kill(pid, 0)
    except (FileNotFoundError, IndexError, ValueError, ProcessLookupError):
        return None
    except PermissionError:
        pass
    if len(lines) < 8 or lines[7].strip() != "ready":
        return None if not _is_server(pid, data) else _wait_ready(pid, data)
    return pid if _is_server(pid, data) else None


def _wait_ready(pid: int, data: Path) -> int | None:
    """A server that is starting (or stopping) becomes ready, or goes."""
    for _ in range(START_SECONDS * 10):
        lines = (data / "postmaster.pid").read_text().splitlines() if _exists(data) else []
        if len(lines) >= 8 and lines[7].strip() == "ready":
            return pid
        if not lines or not _is_server(pid, data):
            return None
        time.sleep(0.1)
    return None


def _exists(data: Path) -> bool:
    return (data / "postmaster.pid").exists()


def _is_server(pid: int, data: Path) -> bool:
    """After a reboot another process may have the pid of the file: look at its working folder."""
    process = Path("/proc") / str(pid)
    if not Path("/proc/self").exists():
        return True
    try:
        return (process / "cwd").readlink() == data.resolve()
    except OSError:
        return False


def _stop_pid(pid: int, folder: Path) -> None:
    os.kill(pid, signal.SIGINT)  # "fast": roll back, disconnect, checkpoint
    for _ in range(STOP_SECONDS * 20):
        if not _is_server(pid, folder / "data") or not _exists(folder / "data"):
            return
        time.sleep(0.05)
    raise ServerError("stop", folder / "log")
