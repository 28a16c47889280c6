"""Every code has a rule and a fix; messages come from one template and closed words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingestion import messages
from ingestion.messages import FOUND, FOUND_IN_ROW, RULES, message

SOURCE = Path(messages.__file__).parent


def test_every_code_in_the_source_has_a_rule() -> None:
    text = "".join(
        path.read_text()
        for kind in ("*.py", "*.yml")
        for path in SOURCE.rglob(kind)
        if path.stem not in ("messages", "file_rules")
    )
    used = set(re.findall(r'(?:"|code: )([EQWIXFMCSH]-[A-Z0-9]+)\b', text))
    assert len(used) > 15
    assert used == set(RULES)


def test_every_word_for_what_was_found_is_in_the_list() -> None:
    text = "".join(
        path.read_text()
        for kind in ("*.py", "*.yml")
        for path in SOURCE.rglob(kind)
        if path.stem != "messages"
    )
    words = {word.split("(")[0] for word in re.findall(r'found=f?"([^"]+)"', text)}
    assert len(words) > 5
    assert words <= FOUND


def test_the_template() -> None:
    text = message(
        "Q-NUM", "demo/medical_claim file 0a1b2c3d", 7, "paid_amount", "not-a-number(3 rows)"
    )
    assert text == (
        "[Q-NUM] demo/medical_claim file 0a1b2c3d line 7 field paid_amount: not a number; "
        "expected plain digits with a decimal point, found not-a-number(3 rows). "
        "Did: quarantined the row. "
        "Sender should: no exponents, separators, signs other than a leading minus, or words."
    )


@pytest.mark.parametrize("code", sorted(RULES))
def test_every_rule_is_a_sentence(code: str) -> None:
    text = message(code, "demo/eligibility file 0a1b2c3d")
    assert text.startswith(f"[{code}] ")
    assert text.endswith(".")
    assert ".." not in text


def test_no_free_text_for_what_was_found() -> None:
    with pytest.raises(ValueError, match="closed list"):
        message("Q-NUM", "demo/eligibility file 0a1b2c3d", 7, "paid_amount", "12,50")


def test_every_row_code_has_its_word() -> None:
    row_codes = {code for code, rule in RULES.items() if rule.action == "quarantined"}
    assert set(FOUND_IN_ROW) == row_codes
    assert set(FOUND_IN_ROW.values()) <= FOUND
