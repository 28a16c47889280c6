"""Publishing: only what differs, only when every check has answered, never twice, never late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.settings import Settings
from tests.warehouse.conftest import Night
from warehouse import mart_contract, release
from warehouse.connection import connect
from warehouse.payor_file import Payor

RELATIONS = len(mart_contract.load()[1])
BY_CASE = sum(relation.is_by_case for relation in mart_contract.load()[1])
# the relations in which a case's number appears
NUMBERED = sum(
    any(kind.startswith(("integer", "numeric")) for kind in relation.columns.values())
    for relation in mart_contract.load()[1]
)


def test_a_release_writes_only_what_differs(night: Night) -> None:
    first = night.whole({"a": 1, "b": 2})
    assert (first.state, first.opened, first.closed) == (
        "published",
        2 * BY_CASE + RELATIONS - BY_CASE,
        0,
    )
    second = night.whole({"a": 1, "b": 3})
    assert (second.opened, second.closed) == (NUMBERED, NUMBERED)
    with connect(night.settings, "reporter") as conn:
        rows = conn.execute(
            "select count(*), sum(rows_opened), sum(rows_closed) from ops.restatement"
            " where release_id = %s",
            (second.release_id,),
        ).fetchall()
    assert rows == [(RELATIONS, NUMBERED, NUMBERED)]
    assert night.seen() == {"a": 1, "b": 3}


def test_untouched_cases_stay_and_a_touched_case_without_rows_is_closed(night: Night) -> None:
    night.whole({"a": 1, "b": 2, "c": 3})
    night.whole({"b": 9}, touched=["b", "c"])
    assert night.seen() == {"a": 1, "b": 9}


def test_rows_of_a_withdrawn_consent_leave_the_detail(night: Night) -> None:
    """They stay among the candidates, so aggregates count them; earlier releases keep them."""
    first = night.whole({"a": 1, "b": 2})
    second = night.whole({"a": 1, "b": 2}, touched=["b"], withheld=["b"])
    assert night.seen() == {"a": 1}
    assert (second.opened, second.closed) == (0, BY_CASE)
    night.whole({"a": 1, "b": 2})
    assert night.seen() == {"a": 1, "b": 2}
    with connect(night.settings, "publisher") as conn:
        release.rollback(conn, night.payor, first.release_id)
    assert night.seen() == {"a": 1, "b": 2}


def test_the_same_inputs_again_write_nothing(night: Night) -> None:
    first = night.whole({"a": 1})
    again = night.open()
    assert again.state == "unchanged"
    result = night.publish(again)
    assert (result.state, result.release_id) == ("unchanged", first.release_id)
    with connect(night.settings, "publisher") as conn:
        assert len(release.releases(conn, night.payor)) == 1


def test_a_pending_change_makes_a_new_release(night: Night) -> None:
    night.whole({"a": 1})
    night.change()
    assert night.open().state == "open"


def test_a_newer_run_fences_the_older(night: Night) -> None:
    night.change()
    old = night.open()
    night.work({"a": 1})
    night.verdicts(old)
    night.open()
    with pytest.raises(release.FencedError, match="FENCED"):
        night.publish(old)
    assert night.seen() == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"verdict": "FAIL"},
        {"verdict": "NOT_RUN"},
        {"verdict": "NOT_APPLICABLE", "reason": None},
        {"rows_evaluated": 0},
        {"rows_evaluated": None},
        {"input_hash": "of another night"},
        {"register_hash": "of another register"},
    ],
)
def test_a_check_without_valid_verdict_blocks(
    night: Night, blocking_check: str, wrong: dict[str, object]
) -> None:
    run = night.open()
    night.work({"a": 1})
    night.verdicts(run, but=blocking_check, **wrong)
    with pytest.raises(release.PublishBlocked) as caught:
        night.publish(run)
    assert caught.value.checks == (blocking_check,)
    assert night.seen() == {}
    with connect(night.settings, "reporter") as conn:
        row = conn.execute(
            "select published_state, last_run_state, blocked_by from bi.release_status"
            " where payor_id = %s",
            (night.payor,),
        ).fetchone()
    assert row == ("none", "blocked", [blocking_check])


def test_a_gate_that_stops_the_night_says_which_check(night: Night, blocking_check: str) -> None:
    run = night.open()
    night.verdicts(run, but=blocking_check, verdict="FAIL")
    with connect(night.settings, "publisher") as conn:
        release.mark(conn, run, "blocked")
    with connect(night.settings, "reporter") as conn:
        row = conn.execute(
            "select last_run_reason, blocked_by from bi.release_status where payor_id = %s",
            (night.payor,),
        ).fetchone()
    assert row == ("gate", [blocking_check])


def test_no_verdict_at_all_names_every_blocking_check(night: Night) -> None:
    run = night.open()
    night.work({"a": 1})
    with pytest.raises(release.PublishBlocked) as caught:
        night.publish(run)
    with connect(night.settings, "reporter") as conn:
        row = conn.execute(
            "select count(*) from ops.check_register where severity in ('S1', 'S2')"
        ).fetchone()
    assert row is not None
    assert len(caught.value.checks) == row[0] > 0


def test_not_applicable_with_a_reason_passes(night: Night, blocking_check: str) -> None:
    run = night.open()
    night.work({"a": 1})
    night.verdicts(run, but=blocking_check, verdict="NOT_APPLICABLE", reason="no_new_files")
    assert night.publish(run).state == "published"


def test_an_unsealed_run_is_not_published(night: Night) -> None:
    run = night.open(seal=False)
    with pytest.raises(release.PublishBlocked, match="inputs_not_sealed"):
        night.publish(run)


def test_a_night_older_than_the_head_only_receives(night: Night) -> None:
    night.whole({"a": 1})
    night.change()
    early = Night(night.settings, night.payor, night.as_of - timedelta(days=1))
    run = early.open()
    assert (run.state, run.reason) == ("blocked", "older_than_head")
    with pytest.raises(release.OlderThanHead):
        early.publish(run)


def test_publish_after_rollback_writes_right_rows(night: Night) -> None:
    first = night.whole({"a": 1, "b": 1})
    night.whole({"a": 2, "b": 1})
    with connect(night.settings, "publisher") as conn:
        release.rollback(conn, night.payor, first.release_id)
    assert night.seen() == {"a": 1, "b": 1}
    third = night.whole({"a": 2, "b": 3})
    assert night.seen() == {"a": 2, "b": 3}
    with connect(night.settings, "publisher") as conn:
        visible = [r.release_id for r in release.releases(conn, night.payor) if r.is_visible]
        assert visible == [third.release_id]
        release.rollback(conn, night.payor, first.release_id)
    assert night.seen() == {"a": 1, "b": 1}


def test_rollback_to_another_payors_release_is_refused(
    settings: Settings, two_payors: tuple[str, str]
) -> None:
    with connect(settings, "publisher") as conn:
        foreign = release.releases(conn, two_payors[1])[0].release_id
        with pytest.raises(release.UnknownReleaseError):
            release.rollback(conn, two_payors[0], foreign)


def test_rows_of_another_payor_are_refused(night: Night, add_payor: Callable[..., Payor]) -> None:
    run = night.open()
    night.work({"a": 1})
    night.verdicts(run)
    with connect(night.settings, "transformer") as conn:
        conn.execute(f"update work_{night.payor}.fct_case_claim set payor_id = 'other'".encode())
    with pytest.raises(release.CandidateError, match="foreign_payor"):
        night.publish(run)
    assert night.seen() == {}


def test_a_repeated_key_is_refused_without_its_value(night: Night) -> None:
    run = night.open()
    night.work({"secret_case": 1})
    night.verdicts(run)
    table = f"work_{night.payor}.fct_second_opinion"
    with connect(night.settings, "transformer") as conn:
        conn.execute(f"insert into {table} select * from {table}".encode())
    with pytest.raises(release.CandidateError, match="key_repeats") as caught:
        night.publish(run)
    assert "secret" not in str(caught.value)


def test_a_change_committed_after_the_seal_waits(night: Night) -> None:
    """A slow load may hold a lower change_id than the high water and commit later."""
    with connect(night.settings, "loader") as slow:
        slow.execute(
            "insert into ops.change (payor_id, entity, key, cause)"
            " values (%s, 'case', 'slow', 'receipt')",
            (night.payor,),
        )
        night.change("fast")
        run = night.open()
        slow.commit()
    night.work({"a": 1})
    night.verdicts(run)
    night.publish(run)
    with connect(night.settings, "reporter") as conn:
        rows = conn.execute(
            "select key from ops.change where payor_id = %s and released_in is null",
            (night.payor,),
        ).fetchall()
    assert rows == [("slow",)]


def test_a_run_of_changed_code_is_not_published(night: Night) -> None:
    run = night.open()
    night.work({"a": 1})
    night.verdicts(run)
    with connect(night.settings) as conn:
        conn.execute(
            "update ops.run set code_revision = 'other' where payor_id = %s", (night.payor,)
        )
    with pytest.raises(release.PublishBlocked, match="changed_during_run"):
        night.publish(run)


def test_a_forged_input_hash_is_not_published(night: Night) -> None:
    run = replace(night.open(), input_hash="forged")
    night.work({"a": 1})
    night.verdicts(run)
    with pytest.raises(release.PublishBlocked):
        night.publish(run)


def test_new_code_is_compared_whole(night: Night) -> None:
    night.whole({"a": 1, "b": 1})
    with connect(night.settings) as conn:
        conn.execute(
            "update ops.release set code_revision = 'old' where payor_id = %s", (night.payor,)
        )
    run = night.open()
    assert run.restates == ("code",)
    night.work({"a": 1, "b": 7}, touched=[])
    night.verdicts(run)
    night.publish(run)
    assert night.seen() == {"a": 1, "b": 7}
