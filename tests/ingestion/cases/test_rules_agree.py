"""A rule says the same in SQL and in Python, whatever stands in a row."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2 import sql

from ingestion.contract import feed_names, load_feed
from ingestion.rules import judging, predicate
from ingestion.rules.rule import Agree, Rule
from tests.ingestion.conftest import DAY, Desk

RULES = [
    (name, rule)
    for name in feed_names()
    for rule in load_feed(name).rules
    if not isinstance(rule.test, Agree)
]
VALUES = {
    "date": ["", "2015-09-30", "2015-10-01", "2024-03-01", "2024-06-01", "2026-07-01",
             "2026-07-02"],
    "integer": ["", "0", "1", "2"],
    "money": ["", "0", "-10.5", "10.5", "10.50000", "20", "-20.00001"],
    "quantity": ["", "0", "0.0", "1", "5", "10", "11", "100"],
}  # fmt: skip
TEXTS = [
    "", "icd-10-cm", "icd-9-cm", "icd-10-gm", "I50.9", "I509", "428.0", "V10.1", "E88", "M17.1-",
    "A1", "nps", "NPS", "eq_5d_5l", "recommend", "vas", "1", "month_3", "baseline", "x\ny",
]  # fmt: skip


def rows(needed: list[tuple[str, str]]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {name: st.sampled_from(VALUES.get(kind, TEXTS)) for name, kind in needed}
    )


@pytest.mark.case(33, 38, 39, 65, 69, 74, 75)
@pytest.mark.warehouse
@pytest.mark.parametrize(("feed", "rule"), RULES, ids=lambda x: getattr(x, "name", x))
def test_sql_and_python_agree(feed: str, rule: Rule, desk: Desk) -> None:
    types = {"date": "date", "integer": "integer", "text": "text"}
    needed = _columns(feed, rule)

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(st.lists(rows(needed), min_size=20, max_size=20))
    def compare(sent: list[dict[str, str]]) -> None:
        cells = [
            sql.SQL("({})").format(
                sql.SQL(", ").join(
                    sql.SQL("nullif({}, '')::{}").format(
                        sql.Literal(row[name]), sql.SQL(types.get(kind, "numeric(18, 4)"))
                    )
                    for name, kind in needed
                )
            )
            for row in sent
        ]
        names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in needed)
        query = sql.SQL("select {} from (values {}) as sent ({})").format(
            predicate.broken(rule, DAY), sql.SQL(", ").join(cells), names
        )
        with desk.conn, desk.conn.cursor() as cursor:
            cursor.execute(query)
            found = [broken for (broken,) in cursor.fetchall()]
        judge = judging.broken(rule, DAY)
        filled = [{name: text for name, text in row.items() if text} for row in sent]
        assert found == [judge(row) for row in filled]

    compare()


def _columns(feed: str, rule: Rule) -> list[tuple[str, str]]:
    text = predicate.broken(rule, date(2026, 1, 1))
    said = repr(text)
    return [(one.name, one.type) for one in load_feed(feed).columns if f"'{one.name}'" in said]
