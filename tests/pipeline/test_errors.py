"""No row of the data leaves in an error."""

from __future__ import annotations

import psycopg
import psycopg2
import pytest

from pipeline.cli import main
from pipeline.errors import describe
from pipeline.settings import Settings
from warehouse import connection

QUERY = "select 'canary-4711'::date"


def test_a_database_error_says_its_code_only(settings: Settings) -> None:
    with connection.connect(settings) as conn, pytest.raises(psycopg.Error) as found:
        conn.execute(QUERY)
    assert "canary" in str(found.value)
    assert describe(found.value) == "InvalidDatetimeFormat (SQLSTATE 22007)"
    second = connection.connect2(settings)
    with second.cursor() as cursor, pytest.raises(psycopg2.Error) as other:
        cursor.execute(QUERY)
    second.close()
    assert "canary" not in describe(other.value)
    assert "22007" in describe(other.value)


def test_other_errors_are_one_line() -> None:
    assert describe(ValueError("two\nlines")) == "ValueError: two lines"


@pytest.mark.parametrize(
    "verb", ["releases", "quarantine list", "figures", "night --date 2026-07-01"]
)
def test_an_unknown_payor_is_an_error(
    settings: Settings, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    assert main([*verb.split(), "--payor", "nosuch"]) == 1
    assert "E-PAYOR-UNKNOWN" in capsys.readouterr().err
