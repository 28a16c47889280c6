"""Rows of frames for the parts of the world that go person by person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples with `Index`; values are as typed as the frame."""
    return iter(frame.itertuples())
