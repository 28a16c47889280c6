"""The embedded PostgreSQL: created on first use, started by any verb, stopped only on request.

It listens on 127.0.0.1 only, over TCP: a socket-only server cannot be used by every tool of the
night. Nothing here runs when `SECOND_OPINION_DATABASE_URL` names a server.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.settings import Settings
from warehouse import credentials, server_process
from warehouse.account import Account, account, binaries, server_folder
from warehouse.server_files import SUPERUSER, ServerError, create, run, write
from warehouse.server_settings import HBA, server_settings

HOST = "127.0.0.1"
FIRST_PORT = 15432
PORTS = 10000
PAUSES = (0.5, 2.0)


class DataGoneError(RuntimeError):
    """The recorded data folder is missing; a new one would hide the loss. Facts: folder."""

    def __init__(self, folder: Path, secrets: Path) -> None:
        super().__init__(f"E-SERVER-DATA {folder} is gone; to start afresh remove {secrets}")
        self.folder = folder


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
    pid = server_process.running_pid(folder / "data") if folder else None
    return Server(HOST, int(known.get("port", 0)), pid, embedded=True, folder=folder)


def stop(settings: Settings) -> bool:
    """Stop the embedded server (clients are disconnected); False when it was not running."""
    with credentials.lock(settings):
        found = status(settings)
        if found.pid is None or found.folder is None:
            return False
        server_process.stop(found.pid, found.folder / "data")
        return True


def destroy(settings: Settings) -> None:
    """Stop the server and delete its data. For tests and for leaving the product."""
    stop(settings)
    with credentials.lock(settings):
        folder = status(settings).folder
        if folder is not None and folder.exists():
            shutil.rmtree(folder)
        credentials.path(settings).unlink(missing_ok=True)


def _start(settings: Settings) -> Server:
    owner = account()
    bin_folder = binaries(owner)
    known = credentials.read(settings)
    if "folder" in known and not (Path(known["folder"]) / "data" / "PG_VERSION").exists():
        raise DataGoneError(Path(known["folder"]), credentials.path(settings))
    folder = server_folder(settings.home, owner)
    if "folder" in known:
        folder = Path(known["folder"])
    else:
        _set_aside(folder, owner)
    known.setdefault("passwords", {}).setdefault(SUPERUSER, credentials.generate())
    known["folder"] = str(folder)
    data = folder / "data"
    if not (data / "PG_VERSION").exists():
        create(bin_folder, folder, owner, known["passwords"][SUPERUSER])
    known["port"] = _port(known.get("port"), settings)
    credentials.write(settings, known)
    write(data / "second_opinion.conf", server_settings(known["port"]), owner)
    write(data / "pg_hba.conf", HBA, owner)
    _launch(bin_folder, folder, owner)
    return status(settings)


def _set_aside(folder: Path, owner: Account) -> None:
    """Without its file of secrets an old server cannot be used: keep its data, start afresh."""
    pid = server_process.running_pid(folder / "data")
    if pid is not None:
        server_process.stop(pid, folder / "data")
    if (folder / "data").exists():
        taken = sum(1 for _ in folder.parent.glob(f"{folder.name}.old-*"))
        folder.rename(folder.with_name(f"{folder.name}.old-{taken + 1}"))
        folder.mkdir(mode=0o700)
        if owner.switch:
            os.chown(folder, owner.uid, owner.gid)


def _launch(bin_folder: Path, folder: Path, owner: Account) -> None:
    """pg_ctl detaches the server and waits until it takes connections (crash recovery included)."""
    data = folder / "data"
    if server_process.running_pid(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)  # left by a killed server or container
    wait = ["-w", "-t", str(server_process.START_SECONDS), "-l", str(folder / "start.log")]
    command = [str(bin_folder / "pg_ctl"), "start", "-D", str(data), *wait]
    for pause in PAUSES:
        try:
            return run(command, folder, owner, "start")
        except ServerError:
            time.sleep(pause)  # a killed server's last backends may still be leaving
    run(command, folder, owner, "start")


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
