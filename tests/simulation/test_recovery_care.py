"""Figures of care, cost and visibility recovered from the files of an enriched sample.

Severity is in no feed: whatever depends on it is only seen through what it causes. Expectations
are computed here, from the sheet of the world and draws of this file's own.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from simulation import simulate
from tests.simulation.recovered import (
    BRIDGE,
    FIRST_STORY_BLOCK,
    SHIFT,
    WINDOW,
    Feeds,
    days,
    delivered_opinions,
    first_versions,
    latest_requests,
    near,
    read,
    read_world,
)

MONTH = 30.4375
FIRST_MONTH = {  # share of the window's operations in its first month; 0: evenly spread
    "knee_arthroplasty": 0.0,
    "hip_arthroplasty": 0.10,
    "lumbar_fusion": 0.15,
    "lumbar_decompression": 0.25,
    "cholecystectomy": 0.25,
    "hysterectomy": 0.20,
}
SEEN = 0.93  # not cash, abroad, another payer's or capitated
LETTER = {family: prefixes[0][2] for family, prefixes in BRIDGE.items()}
Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One payor, all feeds, as many triggers as there are."""
    folder = tmp_path_factory.mktemp("care") / "world"
    simulate(folder, payors=1, members=10_000, nights=4, feeds="all", theta_draws=100)
    return folder


@pytest.fixture(scope="module")
def feeds(out: Path) -> Feeds:
    return read_world(out)


@pytest.fixture(scope="module")
def lines(feeds: Feeds) -> pd.DataFrame:
    """Lines of first versions, with code, day and undenied amount."""
    claims = feeds["medical_claim"]
    claims = claims[~claims["claim_id"].str.startswith(FIRST_STORY_BLOCK)]
    claims = claims[(claims["original_claim_id"] == "") & (claims["denial_code"] != "DUP")]
    claims = claims.drop_duplicates(["claim_id", "claim_line_number"])
    code = claims["hcpcs_code"].where(claims["hcpcs_code"] != "", claims["procedure_code_1"])
    return claims.assign(
        code=code,
        day=days(claims["claim_start_date"]),
        charge=claims["charge_amount"].astype(float),
    )


@pytest.fixture(scope="module")
def cases(feeds: Feeds, lines: pd.DataFrame) -> pd.DataFrame:
    """Requests with the family asked for and the first operation of it, by whatever code."""
    rows = latest_requests(feeds)
    names = {prefix: name for name, prefixes in BRIDGE.items() for prefix in prefixes}
    family = rows["procedure_code"].str.slice(0, 4).map(names)
    rows = rows.assign(family=family, months=family.map(WINDOW))
    own = own_operations(lines, rows)
    first = own.groupby("person_id")["day"].min()
    cover = feeds["eligibility"].sort_values("sender_sequence")
    cover = cover.drop_duplicates(["member_id", "enrollment_start_date", "plan"], keep="last")
    end = days(cover["enrollment_end_date"]).fillna(pd.Timestamp("2100-01-01"))
    return rows.assign(
        operated=rows["person_id"].map(first),
        joined=rows["person_id"].map(
            days(cover["enrollment_start_date"]).groupby(cover["person_id"]).min()
        ),
        left=rows["person_id"].map(end.groupby(cover["person_id"]).max()),
    )


def own_operations(lines: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Operation lines of the family asked for; those under a code no bridge knows as `unmapped`."""
    family = lines["person_id"].map(rows.set_index("person_id")["family"])
    chosen = lines[family.notna()].assign(family=family.dropna())
    letter = chosen["family"].map(LETTER)
    unmapped = (chosen["code"] == "0SWZ0ZZ") | (chosen["code"] == "NPY" + letter + "9")
    known = np.zeros(len(chosen), dtype=bool)
    for name, prefixes in BRIDGE.items():
        known |= ((chosen["family"] == name) & chosen["code"].str.startswith(prefixes)).to_numpy()
    return chosen.assign(unmapped=unmapped)[known | unmapped]


@pytest.fixture(scope="module")
def untreated(cases: pd.DataFrame) -> pd.DataFrame:
    """Requests without access, covered through window and delay, and mature."""
    until = cases["asked"] + pd.to_timedelta(cases["months"] * MONTH + 120, unit="D")
    chosen = (cases["arm"] == "control") & (cases["left"] >= until) & (until < "2026-02-01")
    rows = cases[chosen]
    assert len(rows) > 400
    return rows.assign(after=(rows["operated"] - rows["asked"]).dt.days.astype(float))


def delay_days(rng: np.random.Generator, count: int) -> Floats:
    """Trigger to landmark: gamma of mean 1.2 and sd 0.7 months."""
    shape = (1.2 / 0.7) ** 2
    return np.asarray(np.maximum(5, rng.gamma(shape, 1.2 / shape, count) * MONTH))


def people_with(lines: pd.DataFrame, rows: pd.DataFrame, code: str) -> int:
    """How many of the rows' members have a line of that code."""
    return int(rows["person_id"].isin(lines.loc[lines["code"] == code, "person_id"]).sum())


def test_injections(lines: pd.DataFrame, untreated: pd.DataFrame) -> None:
    """30 % have one at a day of the window, if not operated by then.

    Operations that no claim shows are as those that claims show: each seen stands for 1 / 0.93.
    """
    rng = np.random.default_rng(1)
    draws = 400
    lost = 0.0
    for after, months in untreated[["after", "months"]].dropna().to_numpy():
        day = delay_days(rng, draws) + 5 + rng.random(draws) * (months * MONTH - 10)
        lost += float((day >= after).mean()) / SEEN
    chances = len(untreated) - lost
    found = people_with(lines, untreated, "NPJ70")
    assert near(found / chances, 0.30, int(chances))


def test_substitutes(lines: pd.DataFrame, untreated: pd.DataFrame) -> None:
    """12 % of those not operated from the landmark to the end of the window.

    The window is six months longer for the tenth to whom a reviewer would say: later.
    """
    rng = np.random.default_rng(2)
    draws = 400
    lost = 0.0
    for after, months in untreated[["after", "months"]].dropna().to_numpy():
        start = delay_days(rng, draws)
        longer = np.where(rng.random(draws) < 0.10, 6, 0)
        inside = (after >= start) & (after <= start + (months + longer) * MONTH)
        lost += float(inside.mean()) / SEEN
    chances = len(untreated) - lost
    found = people_with(lines, untreated, "NPS60")
    assert near(found / chances, 0.12, int(chances))


def test_alternatives_vary_as_much_as_their_mean(lines: pd.DataFrame, cases: pd.DataFrame) -> None:
    """CV 1 between members: amounts of one member's visits share a lognormal of variance ln 2.

    Two visits of a member share nothing else but the length of the span they are spread over.
    """
    visits = lines[lines["code"] == "NPV20"]
    visits = visits[visits["person_id"].isin(cases["person_id"])]
    family = visits["person_id"].map(cases.set_index("person_id")["family"])
    log = np.log(visits["charge"].clip(lower=0.01))
    log = log - log.groupby(family).transform("mean")
    groups = log.groupby(visits["person_id"])
    count, total, squares = (
        groups.count(),
        groups.sum(),
        (log**2).groupby(visits["person_id"]).sum(),
    )
    many = count >= 2
    shared = ((total**2 - squares) / (count * (count - 1)))[many]
    rng = np.random.default_rng(3)
    spans = [
        np.log(np.ceil(delay_days(rng, 20_000) / MONTH + w + 3 + 6 * (rng.random(20_000) < 0.1)))
        for w in WINDOW.values()
    ]
    wanted = np.log(2) + float(np.mean([span.var() for span in spans]))
    error = shared.std() / np.sqrt(len(shared))
    assert error < 0.04
    assert abs(shared.mean() - wanted) <= 4 * error


def test_induced_care(
    feeds: Feeds, lines: pd.DataFrame, cases: pd.DataFrame, untreated: pd.DataFrame
) -> None:
    """8 % of opinions add an operation; 3 % of all have such a one without any opinion."""
    rows = feeds["consultation_procedure"]
    rows = rows[(rows["opinion"] == "final") & rows["consultation_id"].str.match(r"NL-C\d{7}$")]
    added = rows[rows["recommendation"] == "add"]["consultation_id"].nunique()
    opinions = rows["consultation_id"].nunique()
    assert near(added / opinions, 0.08, opinions)
    other = untreated["family"].where(untreated["family"] == "lumbar_decompression", "")
    wanted = np.where(other == "", LETTER["lumbar_decompression"], LETTER["cholecystectomy"])
    by_person = pd.Series(wanted, index=untreated["person_id"])
    letter = lines["person_id"].map(by_person)
    pcs = np.where(letter == "D", "0SB2", "0FT4")
    code = lines["code"]
    own = [
        a and c.startswith(("NP" + a, b))
        for a, b, c in zip(letter.fillna(""), pcs, code, strict=True)
    ]
    anyway = lines[np.array(own, dtype=bool)]["person_id"].nunique()
    assert near(anyway / len(untreated), 0.03, len(untreated))


def test_sides_wrong_or_missing(lines: pd.DataFrame, cases: pd.DataFrame) -> None:
    """5 % of sided operations: half carry the other side, half none."""
    rows = cases[cases["family"].isin(("knee_arthroplasty", "hip_arthroplasty"))]
    own = own_operations(lines, rows)
    own = own[~own["unmapped"]]
    first = own["day"] == own.groupby("person_id")["day"].transform("min")
    own = own[first]
    by_code = (
        own["code"]
        .str.slice(0, 4)
        .map({"0SRC": "right", "0SRD": "left", "0SR9": "right", "0SRB": "left"})
    )
    by_modifier = own["hcpcs_modifier_1"].map({"LT": "left", "RT": "right"})
    shown = by_code.fillna(by_modifier).fillna("").groupby(own["person_id"]).max()
    asked = rows.set_index("person_id")["laterality"].reindex(shown.index)
    assert near((shown == "").mean(), 0.025, len(shown))
    assert near(((shown != "") & (shown != asked)).mean(), 0.025, len(shown))
    assert near((shown != asked).mean(), 0.05, len(shown))


def test_codes_that_no_bridge_knows(lines: pd.DataFrame, cases: pd.DataFrame) -> None:
    own = own_operations(lines, cases).drop_duplicates(["person_id", "day"])
    assert len(own) > 1_000
    assert near(own["unmapped"].mean(), 0.02, len(own))


def test_operations_that_no_claim_shows(
    out: Path, lines: pd.DataFrame, cases: pd.DataFrame
) -> None:
    """7 % (4 cash, abroad or other payer, 3 capitated): the truth's operations sought in the files.

    The two kinds look alike in the files, which hold neither; the history tells them apart.
    """
    truth = [
        json.loads(line)
        for line in (out / "truth" / "northlake_cases.jsonl").read_text().splitlines()
    ]
    day = {
        case["consultation_id"].replace("-C", ""): case["operation_date"]["with"]
        for case in truth
        if case["status"] == "delivered"
    }
    rows = cases.assign(true=days(cases["person_id"].map(day).fillna("")))
    rows = rows[(rows["true"] <= rows["left"]) & (rows["true"] < "2026-01-01")]
    assert len(rows) > 200
    assert near(rows["operated"].isna().mean(), 0.07, len(rows))


def test_terminations_in_retrospect(out: Path, feeds: Feeds) -> None:
    """1 % of the members still covered: told on a later night, to a day some months before."""
    first = read(out / "nights", "eligibility", "2026-07-01")
    later = read(out / "nights", "eligibility", "2026-07-0[2-9]")
    known = set(feeds["eligibility"]["member_id"])
    ended = set(first.loc[first["enrollment_end_date"] != "", "person_id"])
    still = first[first["member_id"].isin(known) & ~first["person_id"].isin(ended)]
    still = still[still["enrollment_start_date"] < "2025-05-01"].drop_duplicates("person_id")
    back = later[later["enrollment_end_date"].between("2026-01-01", "2026-05-20")]
    told = still["person_id"].isin(back["person_id"])
    assert near(told.mean(), 0.01, len(still))


def test_cost_is_alike_within_an_employer(feeds: Feeds, lines: pd.DataFrame) -> None:
    """ICC 0.02 of the log monthly cost: variance between 60 employers, over that of one month."""
    months = lines[lines["code"] == "NPV10"]
    log = np.log(months["charge"])
    person = log.groupby(months["person_id"]).mean()
    total = log.groupby(months["person_id"]).first().var()
    cover = feeds["eligibility"].drop_duplicates("person_id").set_index("person_id")
    group = cover["group_id"].reindex(person.index)
    size = person.groupby(group).count()
    mean = person.groupby(group).mean()
    within = ((person - group.map(mean)) ** 2).sum() / (size.sum() - len(size))
    between = (size * (mean - person.mean()) ** 2).sum() / (len(size) - 1)
    weight = (size.sum() - (size**2).sum() / size.sum()) / (len(size) - 1)
    found = (between - within) / weight / total
    error = np.sqrt(2 / (len(size) - 1)) * (0.02 + within / weight / total)
    assert error < 0.006
    assert abs(found - 0.02) <= 4 * error


def test_episode_costs_are_the_mixture(lines: pd.DataFrame, cases: pd.DataFrame) -> None:
    """0.97 lognormal of CV 0.8 and 0.03 Pareto of alpha 2.2, times severity and employer's price.

    The whole distribution around each family's median (Kolmogorov and Smirnov, 0.1 %), and its
    width. The Pareto share alone is too small for the files: the history's test finds it.
    """
    own = own_operations(lines, cases)
    amount = own.groupby(["person_id", "family", "day"])["charge"].sum().reset_index()
    amount = amount[amount["day"] < "2025-12-01"].drop_duplicates("person_id")
    log = np.log(amount["charge"])
    log = np.sort(log - log.groupby(amount["family"]).transform("median"))
    rng = np.random.default_rng(4)
    count = 400_000
    sigma2 = np.log(1.64)
    body = rng.normal(-sigma2 / 2, np.sqrt(sigma2), count)
    tail = np.log((1 + rng.pareto(2.2, count)) * 1.2 / 2.2)
    made = np.where(rng.random(count) < 0.03, tail, body)
    made = made + np.log(1.15) * rng.normal(0, 1, count) + rng.normal(0, 0.12, count)
    made = np.sort(made - np.median(made))
    expected = np.searchsorted(made, log) / count
    place = np.arange(1, len(log) + 1) / len(log)
    assert np.abs(place - expected).max() <= 1.95 / np.sqrt(len(log))
    width, wanted = (np.subtract(*np.quantile(x, (0.75, 0.25))) / 1.349 for x in (log, made))
    assert abs(width - wanted) <= 4 * 1.17 * wanted / np.sqrt(len(log))


def lives(rng: np.random.Generator, count: int) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """(severity, log cost shock by month, month of the first trigger or -1), by the sheet alone."""
    severity = rng.normal(size=count)
    shock = np.empty((count, 60))
    shock[:, 0] = rng.normal(0, 0.9 / 0.8, count)
    for month in range(1, 60):
        shock[:, month] = 0.6 * shock[:, month - 1] + rng.normal(0, 0.9, count)
    first = np.full(count, -1)
    for month in range(6, 60):
        hazard = 1 / (1 + np.exp(5 - 0.6 * severity - 0.7 * shock[:, month - 1]))
        first[(first < 0) & (rng.random(count) < hazard)] = month
    return severity, shock, first


def test_regression_to_the_mean(lines: pd.DataFrame, cases: pd.DataFrame) -> None:
    """Unrelated cost without access falls after the request as far as the sheet alone makes it.

    Members covered from the first day to a year after; the error is that of a bootstrap over them.
    """
    asked = cases["asked"].dt.to_period("M")
    year_on = cases["asked"] + pd.DateOffset(months=13)
    chosen = (cases["arm"] == "control") & (cases["joined"] == "2021-07-01")
    chosen &= (cases["left"] > year_on) & asked.between("2022-01", "2025-05")
    rows = cases[chosen]
    months = lines[(lines["code"] == "NPV10") & lines["person_id"].isin(rows["person_id"])]
    since = months["day"].dt.year * 12 + months["day"].dt.month
    start = months["person_id"].map(
        (rows["asked"].dt.year * 12 + rows["asked"].dt.month).set_axis(rows["person_id"])
    )
    place = since - start
    sums = [
        months["charge"].where(place.between(*span), 0.0).groupby(months["person_id"]).sum()
        for span in ((-6, -1), (1, 12))
    ]
    before, after = (part.reindex(rows["person_id"], fill_value=0.0).to_numpy() for part in sums)
    found = after.mean() / 12 / (before.mean() / 6) - 1
    rng = np.random.default_rng(6)
    again = [rng.integers(0, len(rows), len(rows)) for _ in range(400)]
    error = np.std([after[k].mean() / before[k].mean() / 2 for k in again])
    _, shock, first = lives(rng, 150_000)
    some = np.flatnonzero((first >= 6) & (first <= 46))
    cost = np.exp(shock)
    high = np.mean([cost[some, first[some] + n].mean() for n in range(-6, 0)])
    low = np.mean([cost[some, first[some] + n].mean() for n in range(1, 13)])
    assert low / high - 1 == pytest.approx(-0.27, abs=0.03)
    assert error < 0.06
    assert abs(found - (low / high - 1)) <= 3 * error


def operated_first(u: Floats, family: str, delay: Floats) -> Floats:
    """P(operated before the landmark) without an opinion: the family's share and its front."""
    window, first = WINDOW[family], FIRST_MONTH[family]
    rate = np.linspace(1e-4, 2, 20_000)
    front = (1 - np.exp(-rate)) / (1 - np.exp(-rate * window))
    k = rate[np.abs(front - max(first, 1 / window)).argmin()]
    spread = (1 - np.exp(-k * delay / MONTH)) / (1 - np.exp(-k * window))
    share = 1 / (1 + np.exp(-(1.0 + 0.8 * u + SHIFT[family])))
    return np.asarray(share * np.minimum(spread, 1))


def test_uptake(feeds: Feeds, cases: pd.DataFrame) -> None:
    """Of those asked for with access: logit -0.8 - 0.5 U, not operated first but for 6 % of users.

    U of the triggered comes from the sheet's hazard, who is operated first from its curves.
    """
    opened = cases[(cases["arm"] == "access") & (cases["asked"] >= cases["opened"])]
    opened = opened[opened["asked"] < "2026-01-01"]
    used = opened["person_id"].isin(delivered_opinions(feeds)["person"])
    rng = np.random.default_rng(7)
    severity, _, first = lives(rng, 150_000)
    u = severity[(first >= 12) & (first < 54)]
    wants = 1 / (1 + np.exp(0.8 + 0.5 * u))
    delay = delay_days(rng, len(u))
    left = [(wants * (1 - operated_first(u, family, delay))).mean() for family in WINDOW]
    assert near(used.mean(), float(np.mean(left)) / 0.94, len(opened))


def test_versions_of_the_sample_are_read_whole(feeds: Feeds) -> None:
    assert len(first_versions(feeds)) > 20_000
    headers = {name for frame in feeds.frames.values() for name in frame.columns}
    assert not {name for name in headers if "severity" in name or name in ("u", "x")}
