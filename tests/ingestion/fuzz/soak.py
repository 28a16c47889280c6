"""Writes the figures of a long run where SOAK_FIGURES says, one JSON object a line."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def record(name: str, outcomes: Counter[str]) -> Iterator[None]:
    """Counts of outcomes and seconds of the body, if it ends well."""
    started = time.monotonic()
    yield
    target = os.environ.get("SOAK_FIGURES")
    if target:
        figures = {
            "run": name,
            "trials": outcomes.total(),
            "seconds": round(time.monotonic() - started),
            "outcomes": dict(outcomes.most_common()),
        }
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(json.dumps(figures) + "\n")
