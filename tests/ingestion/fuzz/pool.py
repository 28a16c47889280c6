"""Runs jobs in a child process that is replaced when it dies, hangs or has done enough."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from pipeline.settings import ROOT

JOBS_PER_CHILD = 1000


class Ended(Exception):
    """The child did not answer: it crashed, ran out of memory or of time."""


class Child:
    """One worker process at a time. said: everything written to its error stream."""

    def __init__(self, errors: Path, seconds: float = 30) -> None:
        self._errors, self._seconds = errors, seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._handle: IO[bytes] | None = None
        self._done = 0

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def said(self) -> bytes:
        return self._errors.read_bytes() if self._errors.exists() else b""

    def check(self, path: Path, layout: str | None) -> dict[str, Any]:
        """The report of one file. Raises Ended."""
        if self._process is None or self._done >= JOBS_PER_CHILD:
            self.stop()
            self._start()
        process = self._process
        assert process and process.stdin and process.stdout
        process.stdin.write(f"{path}\t{layout or ''}\n".encode())
        process.stdin.flush()
        self._done += 1
        ready, _, _ = select.select([process.stdout], [], [], self._seconds)
        line = process.stdout.readline() if ready else b""
        if not line:
            ended = process.wait(self._seconds) if ready else None
            self.stop()
            raise Ended(f"ended with {ended}" if ready else "no answer in time", self.said[-2000:])
        return json.loads(line)  # type: ignore[no-any-return]

    def _start(self) -> None:
        self._handle = self._errors.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.ingestion.fuzz.worker"], cwd=ROOT, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._handle,
            env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},
        )  # fmt: skip
        self._done = 0

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            assert self._process.stdin and self._process.stdout
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None
        if self._handle:
            self._handle.close()
            self._handle = None
