"""Which processes count as ours, whatever became of their pids."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import airflow_stack
from pipeline.settings import ROOT, Settings


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    found = Settings(root=ROOT, home=tmp_path)
    found.airflow_home.mkdir()
    return found


def write(settings: Settings, text: str) -> None:
    (settings.airflow_home / "scheduler.pid").write_text(text)


def test_a_living_process_runs(here: Settings) -> None:
    write(here, f"{os.getpid()} {airflow_stack._birth(os.getpid())}")
    assert airflow_stack.running(here) == {"scheduler": os.getpid()}


def test_a_recycled_pid_is_not_ours(here: Settings) -> None:
    write(here, f"{os.getpid()} 1")
    assert airflow_stack.running(here) == {}


def test_an_ended_child_that_nobody_waited_for_has_ended(here: Settings) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    birth = airflow_stack._birth(child.pid)
    assert child.stdout is not None
    child.stdout.read()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    write(here, f"{child.pid} {birth}")
    assert airflow_stack.running(here) == {}
    child.wait()


def test_nothing_runs_without_a_pid_file(here: Settings) -> None:
    assert airflow_stack.running(here) == {}
    assert airflow_stack.stop(here) == []
