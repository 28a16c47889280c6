"""A release of figures is made with certain releases of reference data, and says which."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from pipeline import built_with
from pipeline.settings import Settings
from tests.warehouse.codebook.conftest import FILES
from tests.warehouse.conftest import Night
from warehouse import release
from warehouse.codebook import look_up
from warehouse.codebook.errors import ReferenceRefused
from warehouse.codebook.load import Loaded, load
from warehouse.connection import connect

KIND = "icd-10-am"


def diagnose(settings: Settings, payor: str, code_system: str) -> None:
    """One stored diagnosis: all that says which lists a payor's figures need."""
    with connect(settings, "loader") as conn:
        conn.execute(
            f"""
            insert into raw_{payor}.consultation_diagnosis (
                receipt_id, record_no, consultation_id, opinion, rank, code, code_system,
                diagnosis_date, sender_sequence
            )
            select coalesce(max(receipt_id), 0) + 1, 2, 'c', 'initial', 1, 'M17.1', %s,
                '2025-03-01', 1
            from raw_{payor}.consultation_diagnosis
            """.encode(),
            (code_system,),
        )


def take(settings: Settings, release_name: str, path: Path) -> Loaded:
    with connect(settings) as conn:
        return load(conn, KIND, release_name, path)


@pytest.fixture
def clean(settings: Settings) -> None:
    """No release of the kind, as before every other test."""
    with connect(settings) as conn:
        conn.execute("delete from reference.diagnosis_code where code_system = %s", (KIND,))
        conn.execute("delete from reference.release where kind = %s", (KIND,))


@pytest.mark.usefixtures("clean")
def test_new_codes_restate_and_the_older_release_answers_as_before(
    settings: Settings, night: Night, tmp_path: Path
) -> None:
    diagnose(settings, night.payor, KIND)
    take(settings, "2025", FILES / "icd_10_am.csv")
    first = night.whole({"a": 1, "b": 2})
    corrected = tmp_path / "again.csv"
    corrected.write_text((FILES / "icd_10_am.csv").read_text() + "M79.6,Sore limb,2025\n")
    found = take(settings, "2025", corrected)
    assert night.payor in found.payors

    run = night.open()
    assert run.restates == ("reference",)
    assert run.state == "open"
    night.work({"a": 1, "b": 5})
    night.verdicts(run)
    second = night.publish(run)
    assert (second.state, night.seen()) == ("published", {"a": 1, "b": 5})
    with connect(settings, "reporter") as conn:
        cause = conn.execute(
            "select cause, key from ops.change where payor_id = %s and released_in = %s",
            (night.payor, second.release_id),
        ).fetchall()
        old = look_up.pinned(conn, night.payor, first.release_id)
        new = look_up.pinned(conn, night.payor)
    assert ("reference", KIND) in cause
    assert list(old) == list(new) == [KIND]
    assert old[KIND]["2025"] != new[KIND]["2025"]
    assert found.sha256[:16] in new[KIND]["2025"]

    with connect(settings, "publisher") as conn:
        release.rollback(conn, night.payor, first.release_id)
    assert night.seen() == {"a": 1, "b": 2}
    with connect(settings, "reporter") as conn:
        assert look_up.pinned(conn, night.payor) == old


@pytest.mark.usefixtures("clean")
def test_only_payors_that_use_the_codes_are_restated(
    settings: Settings, night: Night, add_payor
) -> None:
    other = Night(settings, add_payor("other").payor_id)
    diagnose(settings, night.payor, KIND)
    diagnose(settings, other.payor, "icd-10-who")
    for one in (night, other):
        one.whole({"a": 1})
    found = take(settings, "2025", FILES / "icd_10_am.csv")
    assert night.payor in found.payors and other.payor not in found.payors
    assert night.open().restates == ("reference",)
    assert (other.open().restates, other.open().state) == ((), "unchanged")
    again = take(settings, "2025", FILES / "icd_10_am.csv")
    assert (again.state, again.payors) == ("unchanged", ())


@pytest.mark.usefixtures("clean")
def test_a_load_during_a_run_is_not_published_half(settings: Settings, night: Night) -> None:
    diagnose(settings, night.payor, KIND)
    run = night.open()
    night.work({"a": 1})
    night.verdicts(run)
    take(settings, "2025", FILES / "icd_10_am.csv")
    with pytest.raises(release.PublishBlocked, match="code_or_reference_changed_during_run"):
        night.publish(run)


@pytest.mark.usefixtures("clean")
def test_a_system_that_comes_later_is_pinned_and_restates_nothing(
    settings: Settings, night: Night, tmp_path: Path
) -> None:
    take(settings, "2025", FILES / "icd_10_am.csv")
    diagnose(settings, night.payor, "icd-10-who")
    first = night.whole({"a": 1, "b": 2})
    remember(settings, night.payor)

    diagnose(settings, night.payor, KIND)
    night.change("b")
    run = night.open()
    assert (run.restates, run.state) == ((), "open")
    assert not is_stale(settings, night.payor)
    night.work({"a": 9, "b": 3}, touched=["b"])
    night.verdicts(run)
    second = night.publish(run)
    assert night.seen() == {"a": 1, "b": 3}, "only the touched case is compared"
    with connect(settings, "reporter") as conn:
        assert KIND not in look_up.pinned(conn, night.payor, first.release_id)
        assert list(look_up.pinned(conn, night.payor, second.release_id)[KIND]) == ["2025"]

    remember(settings, night.payor)
    corrected = tmp_path / "again.csv"
    corrected.write_text((FILES / "icd_10_am.csv").read_text() + "M79.6,Sore limb,2025\n")
    assert night.payor in take(settings, "2025", corrected).payors
    assert night.open().restates == ("reference",)
    assert is_stale(settings, night.payor)


@pytest.mark.usefixtures("clean")
def test_the_first_list_of_a_system_in_use_restates(settings: Settings, night: Night) -> None:
    diagnose(settings, night.payor, KIND)
    night.whole({"a": 1})
    remember(settings, night.payor)
    assert night.payor in take(settings, "2025", FILES / "icd_10_am.csv").payors
    assert night.open().restates == ("reference",)
    assert is_stale(settings, night.payor)


@pytest.mark.usefixtures("clean")
def test_a_release_that_vanished_restates(settings: Settings, night: Night) -> None:
    take(settings, "2025", FILES / "icd_10_am.csv")
    diagnose(settings, night.payor, KIND)
    night.whole({"a": 1})
    with connect(settings) as conn:
        conn.execute("delete from reference.release where kind = %s", (KIND,))
    assert night.open().restates == ("reference",)


@pytest.mark.usefixtures("clean")
def test_a_system_that_comes_during_a_run_is_the_next_ones(
    settings: Settings, night: Night
) -> None:
    take(settings, "2025", FILES / "icd_10_am.csv")
    night.change()
    run = night.open()
    night.work({"a": 1})
    night.verdicts(run)
    diagnose(settings, night.payor, KIND)
    night.change()
    assert night.publish(run).state == "published"
    with connect(settings, "reporter") as conn:
        assert look_up.pinned(conn, night.payor) == {}
    following = night.open()
    assert (following.state, following.restates, following.code_systems) == ("open", (), (KIND,))


def remember(settings: Settings, payor: str) -> None:
    """A good build of a layer, now."""
    with connect(settings, "transformer") as conn:
        built_with.remembered(conn, payor, "facts")
        built_with.remember(conn, payor, "facts", built_with.current(conn, payor))


def is_stale(settings: Settings, payor: str) -> bool:
    with connect(settings, "transformer") as conn:
        return built_with.is_stale(conn, payor, "facts")


def test_reference_that_no_figure_reads_restates_nobody(
    settings: Settings, night: Night, tmp_path: Path
) -> None:
    diagnose(settings, night.payor, "icd-10-who")
    night.whole({"a": 1})
    rows = "".join(f"{country}{country},{year},1.5\n" for country in "ABCD" for year in range(400))
    path = tmp_path / "ppp.csv"
    path.write_text(f"Country ID,Year,PPP\n{rows}")
    with connect(settings) as conn:
        assert load(conn, "ppp", "2026", path).payors == ()
    assert night.open().state == "unchanged"


def test_an_unknown_release_is_said(settings: Settings) -> None:
    with connect(settings, "reporter") as conn, pytest.raises(ReferenceRefused) as refused:
        look_up.pinned(conn, "nobody", 1)
    assert refused.value.code == "E-REF-UNKNOWN"


@pytest.mark.parametrize("role", ["loader", "transformer", "gatekeeper", "publisher", "reporter"])
def test_every_role_reads_and_none_writes(settings: Settings, role: str) -> None:
    with connect(settings, role) as conn:
        tables = conn.execute(
            "select tablename from pg_tables where schemaname = 'reference' order by 1"
        ).fetchall()
        assert len(tables) > 15
        for (table,) in tables:
            conn.execute(f"select count(*) from reference.{table}".encode())
        writable = conn.execute(
            "select relname from pg_class where relnamespace = 'reference'::regnamespace"
            " and relkind = 'r' and has_table_privilege(oid, 'insert, update, delete, truncate')"
        ).fetchall()
    assert writable == []


def test_a_bi_login_may_not_ask_what_others_use(settings: Settings, night: Night) -> None:
    from warehouse.connection import connect_login

    with connect_login(settings, f"bi_{night.payor}", autocommit=True) as conn:
        for function in ("systems", "versions", "versions_hash"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(f"select reference.{function}('x')".encode())


def test_systems_of_a_payor(settings: Settings, night: Night) -> None:
    for code_system in ("icd-10-gm", "icd-10-cm", "icd-10-gm"):
        diagnose(settings, night.payor, code_system)
    with connect(settings, "transformer") as conn:
        row = conn.execute(
            "select reference.systems(%s), reference.systems('nobody')", (night.payor,)
        ).fetchone()
    assert row == (["icd-10-cm", "icd-10-gm"], [])
