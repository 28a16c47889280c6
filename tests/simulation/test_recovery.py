"""The figures of the base world recovered from the files alone, as an outsider would."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulation import simulate
from simulation.world import DEMO
from tests.simulation.recovered import (
    BRIDGE,
    SHIFT,
    WINDOW,
    Feeds,
    days,
    delivered_opinions,
    first_operations,
    first_versions,
    latest_requests,
    near,
    read_world,
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One payor, all feeds, triggers as they come."""
    folder = tmp_path_factory.mktemp("recovery") / "world"
    natural = replace(DEMO, triggered_share=None)
    simulate(
        folder, payors=1, members=9_000, nights=4, world=natural, feeds="all", theta_draws=1_000
    )
    return folder


@pytest.fixture(scope="module")
def feeds(out: Path) -> Feeds:
    found = read_world(out)
    assert len(found["medical_claim"]) > 50_000
    return found


@pytest.fixture(scope="module")
def requests(feeds: Feeds) -> pd.DataFrame:
    return latest_requests(feeds)


@pytest.fixture(scope="module")
def delivered(feeds: Feeds) -> pd.DataFrame:
    return delivered_opinions(feeds)


@pytest.fixture(scope="module")
def operations(feeds: Feeds) -> pd.DataFrame:
    return first_operations(feeds)


def test_employers_and_arms(feeds: Feeds) -> None:
    arms = feeds["program_access"]["arm"].value_counts()
    assert arms.to_dict() == {"access": 30, "control": 30}


def test_trigger_rate(feeds: Feeds, requests: pd.DataFrame) -> None:
    """Requests a covered month in the first half year of triggers, before many are used up."""
    rng = np.random.default_rng(3)
    logit = -5 + 0.6 * rng.normal(size=200_000) + 0.7 * rng.normal(0, 0.9 / 0.8, 200_000)
    monthly = float((1 / (1 + np.exp(-logit))).mean()) * 0.8
    cover = feeds["eligibility"]
    early = cover[cover["enrollment_start_date"] == "2021-07-01"]["person_id"].nunique()
    seen = ((requests["asked"] >= "2022-01-01") & (requests["asked"] < "2022-04-01")).sum()
    later = days(cover["enrollment_start_date"])
    joined = cover[(later > "2021-07-01") & (later < "2022-02-01")]["person_id"].nunique()
    expected = (early * 0.95 + joined) * 3 * monthly * 0.97
    assert abs(seen - expected) <= 4 * np.sqrt(expected)


def test_decisions(requests: pd.DataFrame) -> None:
    for name, wanted in (("denied", 0.08), ("withdrawn", 0.04)):
        assert near((requests["decision"] == name).mean(), wanted, len(requests))


def test_intent_classes(feeds: Feeds) -> None:
    rows = feeds["consultation_procedure"]
    rows = rows[(rows["opinion"] == "initial") & (rows["proposal_no"] == "1")]
    rows = rows[~rows["consultation_id"].str.match(r"NL-C\d{6}$")]
    rows = rows.drop_duplicates("consultation_id")
    for name, wanted in (("E3", 0.15), ("E4", 0.05)):
        assert near((rows["intent_evidence"] == name).mean(), wanted, len(rows))


def test_delay(requests: pd.DataFrame, delivered: pd.DataFrame) -> None:
    rows = requests[
        (requests["arm"] == "access")
        & (requests["asked"] >= requests["opened"])
        & (requests["asked"] < "2026-01-01")
    ]
    t0 = rows["person_id"].map(delivered.drop_duplicates("person").set_index("person")["t0"])
    months = ((t0 - rows["asked"]).dt.days / 30.4375)[t0.notna()]
    assert months.mean() == pytest.approx(1.2, abs=4 * 0.7 / np.sqrt(len(months)))
    assert months.std() == pytest.approx(0.7, abs=0.15)


def test_positions(feeds: Feeds) -> None:
    rows = feeds["consultation_procedure"]
    rows = rows[(rows["opinion"] == "final") & (rows["proposal_no"] == "1")]
    rows = rows[~rows["consultation_id"].str.match(r"NL-C\d{6}R?$")]
    rows = rows[rows["recommendation"] != "add"].drop_duplicates("consultation_id")
    stands = rows["recommendation"].replace({"proceed": "agreed", "modify": "agreed"})
    for name, wanted in (("agreed", 0.5), ("against", 0.25), ("alternative", 0.15), ("defer", 0.1)):
        assert near((stands == name).mean(), wanted, len(rows))


@pytest.mark.parametrize("family", sorted(BRIDGE))
def test_untreated_operation_by_family(
    feeds: Feeds, requests: pd.DataFrame, operations: pd.DataFrame, family: str
) -> None:
    """Members without access, covered through the window: share operated in it."""
    rows = requests[(requests["arm"] == "control")]
    rows = rows[rows["procedure_code"].str.startswith(BRIDGE[family])]
    until = rows["asked"] + pd.Timedelta(days=WINDOW[family] * 30.4375 + 30)
    cover = feeds["eligibility"].sort_values("sender_sequence")
    cover = cover.drop_duplicates(["member_id", "enrollment_start_date", "plan"], keep="last")
    end = days(cover["enrollment_end_date"]).fillna(pd.Timestamp("2100-01-01"))
    last = end.groupby(cover["person_id"]).max()
    rows = rows[(rows["person_id"].map(last) >= until) & (until < "2026-03-01")]
    first = operations[operations["family"] == family].set_index("person_id")["day"]
    after = (rows["person_id"].map(first) - rows["asked"]).dt.days
    share = ((after >= 0) & (after <= WINDOW[family] * 30.4375)).mean()
    rng = np.random.default_rng(7)
    severity = rng.normal(0.45, 1, 200_000)
    p0 = float((1 / (1 + np.exp(-(1.0 + 0.8 * severity + SHIFT[family])))).mean())
    visible = 0.93 * 0.975
    assert len(rows) > 40
    assert near(share, p0 * visible, len(rows), 4)


def test_lag_curve(feeds: Feeds) -> None:
    claims = first_versions(feeds)
    claims = claims[(claims["claim_type"] == "professional")]
    claims = claims[claims["claim_start_date"].between("2021-07-01", "2025-03-31")]
    lag = (days(claims["paid_date"]) - days(claims["claim_end_date"])).dt.days
    for month, wanted in enumerate((0.60, 0.84, 0.92, 0.95, 0.96, 0.97, 0.98)):
        share = (lag < 30 * (month + 1)).mean()
        assert share == pytest.approx(wanted, abs=0.006), month


def test_adjustments(feeds: Feeds) -> None:
    first = first_versions(feeds)
    old = first[first["claim_start_date"] < "2025-06-01"]
    claims = feeds["medical_claim"].drop_duplicates("claim_id")
    families = claims.groupby(claims["original_claim_id"])["adjustment_type"].first()
    own = old[old["denial_code"] != "DUP"]
    fate = own["claim_id"].map(families)
    assert near((fate == "replacement").mean(), 0.03, len(own))
    # voids, and the half of the orphans whose original came a night later
    assert near((fate == "void").mean(), 0.02 + 0.01 / 2, len(own))
    denied = own[own["denial_code"] != ""]
    assert near(len(denied) / len(own), 0.06, len(own))
    assert near(denied["denial_code"].isin(("AUTH", "MEDNEC")).mean(), 1 / 3, len(denied))
    assert near((old["denial_code"] == "DUP").mean(), 0.005, len(old))
    known = set(claims["claim_id"])
    orphans = [name for name in families.index if name and name not in known]
    assert 0.003 <= len(orphans) / len(own) <= 0.012


def test_coverage_gaps_and_second_ids(feeds: Feeds) -> None:
    cover = feeds["eligibility"]
    people = cover["person_id"].nunique()
    renamed = cover[cover["member_id"].str.endswith("X")]["person_id"].nunique()
    assert 0.01 < renamed / people < 0.022
    last = cover.sort_values("sender_sequence").drop_duplicates(
        ["member_id", "enrollment_start_date", "plan"], keep="last"
    )
    last = last.assign(a=days(last["enrollment_start_date"]), b=days(last["enrollment_end_date"]))
    last = last.sort_values(["person_id", "a"])
    gap = (last["a"] - last.groupby("person_id")["b"].shift()).dt.days - 1
    gaps = gap[gap > 0]
    assert 0.025 < len(gaps) / people < 0.06
    assert near((gaps <= 45).mean(), 0.5, len(gaps))


def test_leaving_of_the_first_half_year(feeds: Feeds) -> None:
    cover = feeds["eligibility"].sort_values("sender_sequence")
    cover = cover.drop_duplicates(["person_id", "enrollment_start_date", "plan"], keep="last")
    early = cover[cover["enrollment_start_date"] == "2021-07-01"]
    last = cover.groupby("person_id")["enrollment_start_date"].max()
    final = early["person_id"].map(last) == "2021-07-01"
    ended = final & (early["enrollment_end_date"] != "")
    left = ended & (early["enrollment_end_date"] < "2022-01-01") & (early["death_flag"] == "0")
    rate = -np.log(0.92) * np.exp(0.045) / 2
    assert abs(left.sum() - rate * len(early)) <= 4 * np.sqrt(rate * len(early))


def test_second_proposals_repeats_and_cancelled(feeds: Feeds, delivered: pd.DataFrame) -> None:
    rows = feeds["consultation_procedure"]
    rows = rows[~rows["consultation_id"].str.match(r"NL-C\d{6}R?$")]
    rows = rows[(rows["opinion"] == "initial")]
    most = rows[rows["consultation_id"].str.match(r".*\d$")].groupby("consultation_id")
    numbers = most["proposal_no"].max()
    assert near((numbers == "2").mean(), 0.12, len(numbers))
    everyone = feeds["consultation"]["consultation_id"].drop_duplicates()
    repeated = everyone.str.endswith("R").sum()
    assert 0.02 <= repeated / len(delivered) <= 0.09
    cancelled = feeds["consultation"]
    cancelled = cancelled[cancelled["status"] == "cancelled"]["consultation_id"].nunique()
    assert near(cancelled / (cancelled + len(delivered)), 0.05, len(delivered), 5)


def test_answers_and_absences(feeds: Feeds) -> None:
    rows = feeds["outcome"].drop_duplicates("consultation_id")
    assert near((rows["response"] == "yes").mean(), 0.40, len(rows), 5)
    spells = feeds["absence"].sort_values("sender_sequence")
    spells = spells[spells["start_date"] < "2026-01-01"]
    last = spells.drop_duplicates("absence_id", keep="last")
    assert near((last["status"] == "open").mean(), 0.25, len(last), 5)


def test_classes_and_clinical_truth(out: Path) -> None:
    truth = json.loads((out / "truth.json").read_text())
    cases = [
        json.loads(line)
        for line in (out / "truth" / "northlake_cases.jsonl").read_text().splitlines()
    ]
    cases = [case for case in cases if case["status"] == "delivered"]
    count = len(cases)
    for name, wanted in (("changed", 0.148), ("refined", 0.26), ("undetermined", 0.05)):
        share = sum(case["clinical_class"] == name for case in cases) / count
        assert near(share, wanted, count)
    night = truth["payors"]["northlake"]["nights"][truth["nights"][-1]]["diagnosis"]
    known = [case for case in cases if case["consultation_id"] in night]
    same = [case["clinical_class"] == night[case["consultation_id"]] for case in known]
    assert 0.90 < np.mean(same) < 1.0
    assert any(case["miscoded"] for case in known)


def test_other_side_follows_some_operations(feeds: Feeds) -> None:
    """Both sides are operated in about eight of a hundred, as far as the follow-up reaches."""
    claims = feeds["medical_claim"]
    rows = claims[claims["procedure_code_1"].str.startswith(("0SRC", "0SRD", "0SR9", "0SRB"))]
    rows = rows[rows["claim_start_date"] < "2025-01-01"]
    sides = rows.assign(side=rows["procedure_code_1"].str.slice(0, 4))
    numbers = sides.groupby("person_id")["side"].nunique()
    assert 0.02 < (numbers > 1).mean() < 0.13
