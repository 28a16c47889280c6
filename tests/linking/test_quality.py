"""Measured against a population whose truth is known; the numbers of docs/linking.md."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import duckdb
import pytest

from linking.comparisons import LEVELS, WITHOUT_WEIGHT, starting_weights
from linking.decide import Terms, Verdict, Words, decide
from linking.run import _quality
from linking.scoring import Scores, _closed, score
from tests.linking.conftest import frame, judge
from tests.linking.population import KINDS, World, build


def right(world: World, verdicts: list[Verdict]) -> int:
    return sum(world.truth[v.key] == v.person for v in verdicts if v.status == "linked")


def measured(world: World, verdicts: list[Verdict]) -> tuple[float, float, float]:
    """(precision, recall) of automatic links, and recall with the review list."""
    linked = [v for v in verdicts if v.status == "linked"]
    true = [key for key, member in world.truth.items() if member]
    shown = sum(
        world.truth[v.key] in [c.person for c in v.candidates] for v in verdicts if v.candidates
    )
    good = right(world, verdicts)
    return good / len(linked), good / len(true), (good + shown) / len(true)


def test_the_world_is_hard_enough(world: World) -> None:
    assert len(world.members) >= 5000 and len(world.consultations) == 1000
    assert set(world.kinds.values()) == set(KINDS)
    assert len(world.twins) >= 100
    assert sum(member is None for member in world.truth.values()) == 100
    names = Counter((row["first_name"], row["last_name"]) for row in world.members)
    assert sum(count > 1 for count in names.values()) > 200


def test_automatic_links_are_right(world: World, judged: tuple[Scores, list[Verdict]]) -> None:
    scores, verdicts = judged
    assert scores.learned
    precision, recall, with_review = measured(world, verdicts)
    assert precision >= 0.99
    assert recall >= 0.8
    assert with_review >= 0.98


def test_no_twin_is_linked_unseen(world: World, judged: tuple[Scores, list[Verdict]]) -> None:
    twins = [v for v in judged[1] if v.status == "linked" and v.person in world.twins]
    assert twins, "a twin under its own full name is no doubt"
    assert all(world.truth[v.key] == v.person for v in twins)
    relatives = [v for v in judged[1] if v.reason in ("twin", "name_differs")]
    assert any(world.truth[v.key] is None for v in relatives)


def test_what_the_model_expects_is_near_the_truth(
    world: World, judged: tuple[Scores, list[Verdict]]
) -> None:
    quality = _quality(judged[1])
    precision, recall, _ = measured(world, judged[1])
    assert quality["estimated_precision"] == pytest.approx(precision, abs=0.01)
    assert quality["estimated_recall"] == pytest.approx(recall, abs=0.1)


def test_little_data_is_judged_by_the_starting_weights() -> None:
    small = build(members=1500, consultations=60, seed=3)
    scores, verdicts = judge(small)
    assert not scores.learned
    precision, recall, with_review = measured(small, verdicts)
    assert (precision >= 0.98, recall >= 0.7, with_review >= 0.95) == (True, True, True)


def test_order_of_rows_is_irrelevant_and_results_repeat() -> None:
    world = build(members=1500, consultations=450, seed=5)
    records = frame(world.consultations, "consultation_id")
    people = frame(world.members, "member_id")
    first = score(records, people)
    rng = random.Random(1)
    turned = [frame_.sample(frac=1, random_state=rng.randrange(99)) for frame_ in (records, people)]
    assert first.learned
    assert score(*turned) == first


def test_thresholds_move_the_line(world: World, judged: tuple[Scores, list[Verdict]]) -> None:
    strict = Terms(upper=0.99999, lower=0.05, margin=20)
    found = decide(world.truth, judged[0].pairs, strict, Words(), {})
    linked = sum(v.status == "linked" for v in found)
    assert 0 < linked < sum(v.status == "linked" for v in judged[1])
    loose = decide(world.truth, judged[0].pairs, replace(strict, lower=0.9), Words(), {})
    assert sum(v.status == "unlinked" for v in loose) > sum(v.status == "unlinked" for v in found)


def test_starting_weights_are_shares() -> None:
    weights = starting_weights()
    assert set(weights) == {(name, level) for name, (_, ls) in LEVELS.items() for level in ls}
    for name, (_, levels) in LEVELS.items():
        for side in (0, 1):
            kept = [one for one in levels if (name, one) not in WITHOUT_WEIGHT]
            counted = [weights[name, one][side] for one in kept]
            assert sum(counted) == pytest.approx(1, abs=0.01), (name, side)


def test_nothing_is_fetched_or_read() -> None:
    with duckdb.connect(config=_closed()) as conn:
        for name in ("autoinstall_known_extensions", "autoload_known_extensions",
                     "enable_external_access"):  # fmt: skip
            assert conn.execute(f"select current_setting('{name}')").fetchall() == [(False,)]
        for statement in ("load httpfs", "install httpfs", "select * from read_csv('/etc/hosts')"):
            with pytest.raises(duckdb.Error):
                conn.execute(statement).fetchall()
