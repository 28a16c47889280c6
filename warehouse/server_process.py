"""The server's process, known by its pid file and checked against what really runs."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

START_SECONDS = 120
STOP_SECONDS = 60


class StillRunningError(RuntimeError):
    """The server did not stop in time. Facts: pid."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"E-SERVER-STOP process {pid} is still running")
        self.pid = pid


def running_pid(data: Path) -> int | None:
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


def stop(pid: int, data: Path) -> None:
    """Stop it and wait until it is gone. Raises StillRunningError."""
    os.kill(pid, signal.SIGINT)  # "fast": roll back, disconnect, checkpoint
    for _ in range(STOP_SECONDS * 20):
        if not _is_server(pid, data) or not _exists(data):
            return
        time.sleep(0.05)
    raise StillRunningError(pid)
