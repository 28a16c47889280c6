"""Agreement is measured on what readers said first, over the cases of the run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from evaluation.reading import read_cases, write_agreement
from tests.warehouse.conftest import AS_OF, Night
from tests.warehouse.test_adjudications import row, take
from warehouse.connection import connect

pytestmark = pytest.mark.warehouse
QUARTER = date(AS_OF.year, 7, 1)


def test_a_reader_who_gives_way_did_not_agree_before(night: Night, tmp_path: Path) -> None:
    night.whole({"a": 1})
    take(night, tmp_path, row(), row(reader="r2", name="confirmed", grade="0"))
    take(night, tmp_path, row(reader="r2", read_on="2026-07-09"))
    chair = row(reader="chair", name="refined", grade="1", reader_role="adjudicator")
    take(night, tmp_path, chair)
    with connect(night.settings, "transformer") as conn:
        assert read_cases(conn, night.payor) == {QUARTER: [["changed", "confirmed"]]}
        assert write_agreement(conn, night.payor) > 0
        stored = conn.execute(
            f"select value, n, is_enough from work_{night.payor}.agreement"
            " where measure = 'percent_agreement' and period_grain = 'all'".encode()
        ).fetchall()
    assert [(float(value), n, enough) for value, n, enough in stored] == [(0.0, 1, True)]
