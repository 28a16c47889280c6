"""What makes a link automatic, what needs a steward, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from linking.decide import Terms, Verdict, Words, decide

AGREES: dict[str, Any] = {
    "record": "K1", "person": "M1", "weight": 20.0, "given": "same", "family": "same",
    "birth_date": "same", "sex": "same", "place": "same_address", "phone": None, "email": None,
    "national_id": None, "card": None,
}  # fmt: skip


def verdict(*pairs: dict[str, Any], words: Words | None = None, **exact: str) -> Verdict:
    full = [AGREES | pair for pair in pairs]
    return decide(["K1"], full, Terms(), words or Words(), exact)[0]


def test_a_clear_pair_is_linked() -> None:
    found = verdict({})
    assert (found.status, found.method, found.person) == ("linked", "auto", "M1")


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ({"given": "differs"}, "name_differs"),
        ({"given": None}, "name_missing"),
        ({"given": "similar"}, "twin"),
        ({"given": "initial", "place": "same_postal"}, "twin"),
        ({"birth_date": "differs"}, "birth_date_differs"),
        ({"birth_date": None}, "birth_date_missing"),
        ({"sex": "differs"}, "sex_differs"),
        ({"national_id": "differs"}, "id_differs"),
        ({"weight": 5.0}, "not_sure"),
    ],
)
def test_doubt_goes_to_the_steward(pair: dict[str, Any], reason: str) -> None:
    found = verdict(pair)
    assert (found.status, found.reason, found.person) == ("review", reason, None)
    assert [candidate.person for candidate in found.candidates] == ["M1"]


def test_an_id_that_agrees_outweighs_a_name() -> None:
    assert verdict({"given": "similar", "national_id": "same"}).reason == "clear"
    assert verdict({"birth_date": "differs", "national_id": "same"}).status == "review"


def test_two_persons_that_fit_alike_are_the_stewards() -> None:
    found = verdict({}, {"person": "M2", "weight": 12.0})
    assert (found.status, found.reason) == ("review", "second_person")
    assert [candidate.person for candidate in found.candidates] == ["M1", "M2"]
    assert verdict({}, {"person": "M2", "weight": 9.0}).reason == "clear"


def test_too_little_is_left_alone() -> None:
    found = verdict({"weight": -6.0})
    assert (found.status, found.reason, found.candidates) == ("unlinked", "too_weak", ())
    assert decide(["K1"], [], Terms(), Words(), {})[0].reason == "no_candidate"


def test_a_similar_name_beside_the_very_name_is_looked_at() -> None:
    pairs = [AGREES, AGREES | {"record": "K2", "given": "close", "place": None}]
    found = decide(["K1", "K2"], pairs, Terms(), Words(), {})
    assert [(v.status, v.reason) for v in found] == [("linked", "clear"), ("review", "conflict")]
    assert decide(["K2"], pairs[1:], Terms(), Words(), {})[0].reason == "clear"


def test_the_steward_has_the_last_word_but_the_senders() -> None:
    assert verdict({}, words=Words(accepted={"K1": "M9"})).person == "M9"
    assert verdict({}, words=Words(rejected={"K1": {"M1"}})).reason == "no_candidate"
    assert verdict({}, words=Words(rejected={"K1": {None}})).reason == "no_member"
    found = verdict({}, words=Words(accepted={"K1": "M9"}), K1="M3")
    assert (found.method, found.person) == ("exact", "M3")
