"""The views a basis is estimated from, on a night of the simulated world: they re-add to claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from evaluation.basis import estimate_if_due
from pipeline import night
from pipeline.settings import Settings
from pipeline.transform import run_layer
from tests.worlds import deliver, installation
from warehouse.connection import connect

pytestmark = [pytest.mark.warehouse, pytest.mark.night]

WHO = "northlake"


@dataclass
class Estimated:
    """One payor after its first night up to the basis."""

    settings: Settings
    who: str
    basis: int

    def query(self, statement: str) -> list[Any]:
        text = statement.replace("{work}", f"work_{self.who}")
        with connect(self.settings, "transformer") as conn:
            return psycopg.Cursor(conn).execute(text.encode()).fetchall()


@pytest.fixture(scope="module")
def estimated(small_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estimated]:
    who = WHO
    first = min(path.name for path in (small_world / "nights").iterdir())
    as_of = date.fromisoformat(first)
    with installation(tmp_path_factory.mktemp(who), small_world, who) as settings:
        deliver(settings, small_world, first, who)
        night.receive(settings, who, as_of)
        night.load(settings, who, as_of)
        night.link(settings, who, as_of)
        run_layer(settings, who, "claims_cases")
        with connect(settings, "transformer") as conn:
            basis = estimate_if_due(conn, who)
        yield Estimated(settings, who, basis)


def test_increments_add_up_to_final_action(estimated: Estimated) -> None:
    """Every claim, versions and voids included, to the last decimal."""
    (row,) = estimated.query(
        """
        with increment as (
            select claim_family_key, sum(allowed_change) as amount
            from {work}.int_claim_increment group by claim_family_key
        ),
        final as (
            select claim_family_key, sum(coalesce(allowed_amount, 0)) as amount
            from {work}.int_claim_line group by claim_family_key
        )
        select
            count(final.claim_family_key),
            count(*) filter (where increment.amount <> coalesce(final.amount, 0)),
            count(*) filter (where increment.claim_family_key is null)
        from increment
        full outer join final on increment.claim_family_key = final.claim_family_key
        """
    )
    assert row[0] > 1000
    assert row[1:] == (0, 0)


def test_components_add_up_to_the_episode(estimated: Estimated) -> None:
    (row,) = estimated.query(
        """
        with component as (
            select family_id, episode_id, perspective, sum(cost) as cost
            from {work}.int_episode_component
            where arm = 'comparator' and span_kind = 'window'
            group by family_id, episode_id, perspective
        )
        select count(*), count(*) filter (where e.cost is distinct from c.cost)
        from {work}.int_comparator_episode as e
        left join component as c
            on e.family_id = c.family_id
            and cast(e.person_key as text) = c.episode_id
            and e.perspective = c.perspective
        """
    )
    assert row[0] > 0
    assert row[1] == 0


def test_an_operation_is_one_row_however_many_claims_it_has(estimated: Estimated) -> None:
    (row,) = estimated.query(
        """
        select
            count(*),
            count(*) filter (where known_on < event_date - 1),
            (select count(*) from (
                select distinct person_key, family_id, event_date
                from {work}.int_procedure_event where person_key is not null
            ) as day)
        from {work}.int_first_procedure_claim
        """
    )
    assert 0 < row[0] <= row[2]
    assert row[1] == 0


def test_the_ledger_expects_the_mean_of_the_episodes(estimated: Estimated) -> None:
    rows = estimated.query(
        f"""
        select p.family_id, p.perspective, p.value, round(avg(e.cost), 2), p.n, count(*)
        from ops.basis_parameter as p
        inner join {{work}}.int_comparator_episode as e
            on e.family_id = p.family_id and e.perspective = p.perspective and e.is_operated
        where p.basis_id = {estimated.basis} and p.kind = 'ec_unwinsorised'
        group by p.family_id, p.perspective, p.value, p.n
        """
    )
    assert rows
    assert all(value == mean and n == count for _, _, value, mean, n, count in rows)
