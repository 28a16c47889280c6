"""A killed step leaves no child behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import children
from pipeline.settings import ROOT

PARENT = """
import sys
from pathlib import Path
from pipeline import children
script = "import os, pathlib as p, time; p.Path('{pid}').write_text(str(os.getpid()))"
script += "; time.sleep(60)"
children.run([sys.executable, "-c", script], Path("."), {{}}, quiet=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux only")
def test_the_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, "-c", PARENT.format(pid=pid_file)], cwd=ROOT)
    while not pid_file.exists() or not pid_file.read_text():
        time.sleep(0.02)
    child = int(pid_file.read_text())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    for _ in range(250):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the child outlived its parent")


def test_the_exit_code_comes_back(tmp_path: Path) -> None:
    assert children.run([sys.executable, "-c", "raise SystemExit(7)"], tmp_path, {}) == 7
