"""Final action agrees with a plain reference: built in one night, in several, in any order."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests import claims_core
from tests.dbt.conftest import Nights
from tests.generative.claim_histories import histories
from tests.generative.final_action import judge
from warehouse.payor_file import Payor

pytestmark = pytest.mark.warehouse
SEEDS = range(8) if os.environ.get("SOAK") == "1" else range(1)
HISTORIES = 300


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("style", ["replacement", "reversal_pair", "none"])
def test_final_action_is_the_references(
    settings: Settings, add_payor: Callable[..., Payor], tmp_path: Path, style: str, seed: int
) -> None:
    """Many histories of one payor, in two shuffled deliveries, then everything anew."""
    rows = [row for one in histories(HISTORIES, seed) for row in one]
    wanted = claims_core.expected(judge(rows, style))
    nights = Nights(settings, add_payor("gen", adjustments=style).payor_id, tmp_path)
    random.Random(seed).shuffle(rows)
    for part in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        claims_core.deliver(nights, part)
        claims_core.build(nights)
        delivered, accounted = claims_core.accounted(nights)
        assert delivered == accounted
    seen = claims_core.found(nights)
    assert (seen - wanted, wanted - seen) == (Counter(), Counter())
    stepwise = nights.rows("int_claim_line"), nights.rows("int_claim_verdict")
    claims_core.build(nights, full_refresh=True)
    assert (nights.rows("int_claim_line"), nights.rows("int_claim_verdict")) == stepwise


@pytest.mark.parametrize("style", ["replacement", "reversal_pair", "none"])
def test_the_histories_reach_every_verdict(style: str) -> None:
    rows = [row for one in histories(HISTORIES, 0) for row in one]
    verdicts = [verdict for _, verdict in judge(rows, style)]
    reached = {verdict.reason or verdict.state for verdict in verdicts}
    everywhere = {"final", "superseded", "voided", "Q-CONFLICT", "Q-PERSON", "Q-BAL"}
    held = {"I-ORPHAN", "I-VOIDORPHAN"} if style != "none" else set()
    signed = {"Q-SIGN"} if style == "reversal_pair" else set()
    assert reached == everywhere | held | signed
