"""Identifiers reach the vault and nothing else; links follow what was delivered and decided."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ingestion.contract import feed_names, load_feed
from linking import steward
from linking.steward import Decision
from tests.linking.conftest import Desk
from tests.linking.population import build
from warehouse.connection import connect, connect_login

pytestmark = pytest.mark.warehouse

ADA = {
    "first_name": "Adacanary", "last_name": "Lovecanary", "birth_date": "1961-12-10",
    "gender": "female", "address": "12 Canarystreet", "zip_code": "606canary", "city": "Canarytown",
    "phone": "3125550177", "email": "canary@mail.example", "social_security_number": "412830977",
}  # fmt: skip
CANARIES = ("adacanary", "lovecanary", "canarystreet", "canarytown", "3125550177", "412830977",
            "canary@mail", "606canary")  # fmt: skip
EVE = ADA | {"first_name": "Eve", "birth_date": "1985-03-04", "social_security_number": "",
             "phone": "", "email": ""}  # fmt: skip
ADA_ROW = ADA | {"person_id": "P1", "member_id": "M1"}
START = {"enrollment_start_date": "2022-01-01"}
EVE_ROW = EVE | {"person_id": "P2", "member_id": "M2"}


def test_every_identifier_has_its_column_in_the_vault_and_none_in_raw(desk: Desk) -> None:
    def columns(schema: str, table: str) -> set[str]:
        query = """
            select column_name from information_schema.columns
            where table_schema = %s and table_name = %s
        """
        return {name for (name,) in desk.rows(query, schema, table)}

    kept = columns("vault", "identity")
    holders = {name for name in feed_names() if load_feed(name).vault_names}
    assert holders == {"consultation", "eligibility", "member"}
    for name in holders:
        feed = load_feed(name)
        assert set(feed.identifiers) <= kept
        raw = columns(f"raw_{desk.payor}", name)
        assert set(feed.raw_names) <= raw
        assert not raw & set(feed.vault_names)


def test_identifiers_are_in_no_other_table(desk: Desk) -> None:
    desk.enrol(ADA_ROW, EVE_ROW)
    desk.consult(ADA | {"consultation_id": "K1"})
    desk.consult({"consultation_id": "K2", "first_name": "Adacanary"})
    desk.link()
    tables = desk.rows(
        """
        select format('%I.%I', n.nspname, c.relname)
        from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid
        where c.relkind in ('r', 'm', 'v') and n.nspname !~ '^(pg_|information_schema)'
            and (n.nspname in ('ops', 'mart', 'reference', 'bi', 'vault', 'public')
                 or n.nspname like '%\_{p}')
        """
    )
    holding = set()
    for (table,) in tables:
        text = " or ".join(f"t::text ilike '%{canary}%'" for canary in CANARIES)
        if desk.rows(f"select count(*) from {table} as t where {text}")[0][0]:
            holding.add(table)
    assert holding == {"vault.identity", "vault.kept_identity"}


def test_the_ledger_still_counts_every_row(desk: Desk) -> None:
    desk.enrol(ADA_ROW, EVE_ROW, EVE_ROW)
    found = desk.rows(
        "select accepted, quarantined, (select count(*) from raw_{p}.eligibility)"
        " from ops.receipt where payor_id = '{p}'"
    )
    assert found == [(3, 0, 3)]
    assert desk.rows("select count(*) from vault.identity where payor_id = '{p}'") == [(3,)]


def test_a_bad_row_leaves_no_identifier(desk: Desk) -> None:
    got = desk.deliver("eligibility", [ADA_ROW | START | {"birth_date": "1961-02-30"}])
    assert (got.state, got.quarantined) == ("loaded", {"Q-DATE": 1})
    assert "adacanary" not in got.as_text().lower()
    assert desk.rows("select count(*) from vault.identity where payor_id = '{p}'") == [(0,)]


def test_a_row_that_breaks_a_rule_takes_its_identifiers_along(desk: Desk) -> None:
    backwards = ADA_ROW | {
        "enrollment_start_date": "2022-02-01",
        "enrollment_end_date": "2022-01-01",
    }
    assert desk.deliver("eligibility", [backwards, EVE_ROW | START]).quarantined == {"M-SPAN": 1}
    held = "select source_key from vault.identity where payor_id = '{p}'"
    assert desk.rows(held) == [("M2",)]


@pytest.mark.parametrize("role", ["transformer", "gatekeeper", "publisher", "reporter", "loader"])
def test_no_other_step_reads_identities(desk: Desk, role: str) -> None:
    statements = ["select * from vault.identity", "select * from vault.link_decision",
                  "select * from vault.link_candidate", "select * from vault.access"]  # fmt: skip
    for statement in statements:
        with connect(desk.settings, role) as conn, pytest.raises(psycopg.Error) as denied:
            conn.execute(statement.encode())
        assert denied.value.sqlstate == "42501", statement


def test_the_linker_reads_nothing_clinical(desk: Desk) -> None:
    for table in (f"raw_{desk.payor}.consultation", f"work_{desk.payor}.run_context",
                  "mart.fct_second_opinion"):  # fmt: skip
        with connect(desk.settings, "linker") as conn, pytest.raises(psycopg.Error) as denied:
            conn.execute(f"select * from {table}".encode())
        assert denied.value.sqlstate == "42501", table


def test_a_bi_login_sees_its_own_linkage_and_no_vault(
    desk: Desk, open_desk: Callable[[], Desk]
) -> None:
    other = open_desk()
    for one in (desk, other):
        one.enrol(ADA_ROW)
        one.consult(ADA | {"consultation_id": "K1"})
        one.link()
    with connect_login(desk.settings, f"bi_{desk.payor}", autocommit=True) as conn:
        rows = conn.execute(
            "select payor_id, consultations, linked_auto from bi.mart_linkage_health"
        ).fetchall()
        assert rows == [(desk.payor, 1, 1)]
        for table in ("vault.identity", "vault.link", "ops.linkage"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(f"select * from {table}".encode())


def test_nothing_to_link_costs_one_query(desk: Desk) -> None:
    desk.enrol(ADA_ROW)
    assert desk.link().word == "nothing to link"
    assert desk.rows("select count(*) from ops.linkage where payor_id = '{p}'") == [(0,)]
    desk.consult(ADA | {"consultation_id": "K1"})
    assert desk.link().word == "linked"
    assert desk.link().word == "unchanged"


def test_a_later_version_may_name_the_member(desk: Desk) -> None:
    desk.enrol(ADA_ROW, EVE_ROW)
    desk.consult(EVE | {"consultation_id": "K1"})
    desk.link()
    assert desk.links() == {"K1": ("linked", "M2", "clear")}
    desk.consult(EVE | {"consultation_id": "K1", "member_id": "M1", "sender_sequence": "2"})
    desk.link()
    assert desk.links() == {"K1": ("linked", "M1", "member_id")}


def test_a_member_who_comes_later_is_found_then(desk: Desk) -> None:
    desk.consult(ADA | {"consultation_id": "K1"})
    desk.link()
    assert desk.links() == {"K1": ("unlinked", None, "no_candidate")}
    desk.enrol(ADA_ROW)
    assert desk.link().counts["changed"] == 1
    assert desk.links() == {"K1": ("linked", "M1", "clear")}
    kept = desk.rows("select count(*) from vault.link where payor_id = '{p}' and is_superseded")
    assert kept == [(1,)]


def test_what_a_steward_withdrew_links_nobody(desk: Desk) -> None:
    desk.enrol(ADA_ROW)
    desk.consult(ADA | {"consultation_id": "K1"})
    desk.link()
    receipt = desk.rows("select receipt_id from raw_{p}.eligibility")[0][0]
    with connect(desk.settings, "loader") as conn:
        conn.execute(
            "insert into ops.withdrawn values (%s, %s, 0, 2147483647)", (desk.payor, receipt)
        )
    assert desk.link().counts["changed"] == 1
    assert desk.links() == {"K1": ("unlinked", None, "no_candidate")}


def test_who_says_nothing_is_counted(desk: Desk) -> None:
    desk.enrol(ADA_ROW)
    desk.consult({"consultation_id": "K1"}, {"consultation_id": "K2", "birth_date": "1900-01-01"})
    desk.link()
    counts = "select consultations, unlinked, without_identifiers from ops.linkage"
    assert desk.rows(f"{counts} where payor_id = %s", desk.payor) == [(2, 2, 2)]


def _delivered(desk: Desk, rng: random.Random) -> dict[str, tuple[str, str | None, str]]:
    """A world in a few files of any order, linked after each."""
    world = build(members=900, consultations=120, seed=9)
    parts: list[tuple[str, list[dict[str, str]]]] = []
    for rows, feed in ((world.members, "eligibility"), (world.consultations, "consultation")):
        kept = list(rows)
        rng.shuffle(kept)
        half = rng.randrange(1, len(kept))
        parts += [(feed, kept[:half]), (feed, kept[half:])]
    rng.shuffle(parts)
    keys = ("person_id", "member_id", "enrollment_start_date")
    for feed, kept in parts:
        if feed == "eligibility":
            desk.send(feed, [row | {key: row[key] for key in keys} for row in kept])
        else:
            desk.consult(*kept)
        if rng.random() < 0.5:
            desk.link()
    desk.link()
    return desk.links()


def test_files_in_any_order_give_the_same_links(open_desk: Callable[[], Desk]) -> None:
    first, second = (_delivered(open_desk(), random.Random(seed)) for seed in (1, 2))
    assert len(first) == 120 and first == second
    assert {status for status, _, _ in first.values()} == {"linked", "review", "unlinked"}


def test_the_review_list_and_back(desk: Desk, tmp_path: Path) -> None:
    desk.enrol(ADA_ROW, EVE_ROW)
    twin = ADA | {"first_name": "=Ida", "social_security_number": ""}
    desk.consult(*(twin | {"consultation_id": key} for key in ("K1", "K2", "K3")))
    desk.link()
    assert desk.links()["K1"] == ("review", None, "name_differs")
    path = tmp_path / "review.csv"
    with connect(desk.settings, "linker") as conn:
        listed = steward.listing(conn, desk.payor)
        assert not any(canary in str(listed).lower() for canary in CANARIES)
        assert steward.export(conn, desk.payor, path, "ann") == len(listed) == 3
        with pytest.raises(FileExistsError):
            steward.export(conn, desk.payor, path, "ann")
    assert path.stat().st_mode & 0o777 == 0o600
    head, *lines = path.read_text().splitlines()
    assert "'=Ida" in lines[0] and "Adacanary" in lines[0]
    decided = [line + word for line, word in zip(lines, ("accept", "no_member", ""), strict=True)]
    path.write_text("\n".join([head, *decided]) + "\n")
    with connect(desk.settings, "linker") as conn:
        assert steward.record(conn, desk.payor, steward.read(path), "ann") == 2
    assert desk.link().word == "linked"
    assert desk.links() == {
        "K1": ("linked", "M1", "accepted"),
        "K2": ("unlinked", None, "no_member"),
        "K3": ("review", None, "name_differs"),
    }
    audit = "select decided_by, verdict from vault.link_decision where payor_id = '{p}' order by 2"
    assert desk.rows(audit) == [("ann", "accept"), ("ann", "reject")]
    seen = "select verb, accessed_by, rows_shown from vault.access where payor_id = '{p}'"
    assert desk.rows(seen) == [("export", "ann", 3)]


def test_a_link_is_taken_back_and_given_again(desk: Desk) -> None:
    desk.enrol(ADA_ROW, EVE_ROW)
    desk.consult(ADA | {"consultation_id": "K1"})
    desk.link()
    for verdict, then in (("reject", ("unlinked", None, "no_candidate")),
                          ("accept", ("linked", "M1", "accepted")),
                          ("no_member", ("unlinked", None, "no_member"))):  # fmt: skip
        person = None if verdict == "no_member" else desk.person("M1")
        with connect(desk.settings, "linker") as conn:
            steward.record(conn, desk.payor, [Decision("K1", person, verdict)], "ann")
        assert desk.link().counts["changed"] == 1
        assert desk.links() == {"K1": then}
    causes = "select count(*) from ops.change where payor_id = '{p}' and cause = 'linkage'"
    assert desk.rows(causes) == [(4,)]


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        (Decision("K9", None, "no_member"), "E-LINK-CONSULTATION"),
        (Decision("K1", "not-a-key", "accept"), "E-LINK-PERSON"),
        (Decision("K1", "00000000-0000-0000-0000-00000000000a", "accept"), "E-LINK-PERSON"),
    ],
)
def test_a_wrong_decision_stores_nothing(desk: Desk, decision: Decision, code: str) -> None:
    desk.enrol(ADA_ROW)
    desk.consult(ADA | {"consultation_id": "K1"})
    desk.link()
    good = Decision("K1", None, "no_member")
    with connect(desk.settings, "linker") as conn, pytest.raises(steward.LinkError, match=code):
        steward.record(conn, desk.payor, [good, decision], "ann")
    query = "select count(*) from vault.link_decision where payor_id = '{p}'"
    assert desk.rows(query) == [(0,)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a,b\n1,2\n", "E-LINK-FILE"),
        ("consultation,person_key,decision\nK1,x,maybe\n", "E-LINK-DECISION line 2"),
        ("consultation,person_key,decision\nK1,x,accept\nK1,y,accept\n", "E-LINK-TWICE line 2"),
    ],
)
def test_a_broken_file_is_refused(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "decisions.csv"
    path.write_text(text)
    with pytest.raises(steward.LinkError, match=code):
        steward.read(path)
