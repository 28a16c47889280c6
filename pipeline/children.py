"""Child processes that never outlive the night that started them."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.private import UMASK

_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Linux: the kernel ends this process when its parent is gone, however the parent ended."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def run(command: Sequence[str], cwd: Path, env: dict[str, str], quiet: bool = False) -> int:
    """Run a command to its end; returns its exit code. quiet: its output is thrown away.

    A step that is killed must not leave a dbt or a gate behind that still writes.
    """
    output = subprocess.DEVNULL if quiet else None
    done = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env=env,
        umask=UMASK,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )
    return done.returncode
