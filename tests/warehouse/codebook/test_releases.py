"""Releases are dated: each day answers with its own list, whatever was loaded in which order."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.warehouse.codebook.conftest import FILES
from warehouse import reference_data
from warehouse.codebook.load import load

KIND = "icd-10-tm"
IN_FORCE = """
    select code, label
    from reference.diagnosis_code
    where
        code_system = %s and not is_header
        and %s between valid_from and coalesce(valid_to, 'infinity')
    order by code
"""
ROWS = "select * from reference.diagnosis_code where code_system = %s order by code, valid_from"
RELEASES = """
    select release, valid_from, valid_to from reference.release
    where kind = %s and is_complete order by 1
"""


def write(folder: Path, year: int, codes: dict[str, str]) -> Path:
    path = folder / f"{year}.csv"
    lines = [f"{code},{label}\n" for code, label in sorted(codes.items())]
    path.write_text("code,label\n" + "".join(lines))
    return path


def yearly(seed: int) -> dict[int, dict[str, str]]:
    """Four yearly lists that lose, win and rename codes."""
    rng = random.Random(seed)
    codes = {f"{letter}{n:02}.{m}": "first" for letter in "MK" for n in (10, 11) for m in range(6)}
    lists = {}
    for year in (2022, 2023, 2024, 2025):
        for code in rng.sample(sorted(codes), 3):
            codes[code] = f"renamed {year}"
        del codes[rng.choice(sorted(codes))]
        codes[f"N{rng.randrange(10, 40)}.{rng.randrange(10)}"] = "new"
        lists[year] = dict(codes)
    return lists


def in_force(conn: psycopg.Connection, day: date) -> dict[str, str]:
    return dict(conn.execute(IN_FORCE, (KIND, day)).fetchall())


def dotless(codes: dict[str, str]) -> dict[str, str]:
    return {code.replace(".", ""): label for code, label in codes.items()}


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_loading_gives_the_same_rows(
    owner: psycopg.Connection, tmp_path: Path, seed: int
) -> None:
    lists = yearly(seed)
    files = {year: write(tmp_path, year, codes) for year, codes in lists.items()}
    results = []
    orders = list(itertools.permutations(lists))
    for order in (orders[0], *random.Random(seed).sample(orders[1:], 4)):
        with owner.transaction(force_rollback=True):
            for year in (*order, order[0]):
                load(owner, KIND, str(year), files[year])
            results.append((owner.execute(ROWS, (KIND,)).fetchall(),
                            owner.execute(RELEASES, (KIND,)).fetchall()))  # fmt: skip
            for year, codes in lists.items():
                for day in (date(year, 1, 1), date(year, 6, 1), date(year, 12, 31)):
                    assert in_force(owner, day) == dotless(codes)
            assert in_force(owner, date(2021, 12, 31)) == {}
            assert in_force(owner, date(2030, 1, 1)) == dotless(lists[2025])
    assert all(one == results[0] for one in results)
    assert results[0][1] == [
        (str(year), date(year, 1, 1), date(year, 12, 31) if year < 2025 else None) for year in lists
    ]


def test_a_code_that_never_changes_is_one_row(owner: psycopg.Connection, tmp_path: Path) -> None:
    for year in range(2016, 2026):
        load(owner, KIND, str(year), write(tmp_path, year, {"M17.1": "same", "M17.9": f"{year}"}))
    rows = owner.execute(
        "select code, count(*), min(valid_from) from reference.diagnosis_code"
        " where code_system = %s group by 1 order by 1",
        (KIND,),
    ).fetchall()
    start = date(2016, 1, 1)
    assert rows == [("M17", 1, start), ("M171", 1, start), ("M179", 10, start)]


def test_a_corrected_file_of_the_same_release_replaces_it(
    owner: psycopg.Connection, tmp_path: Path
) -> None:
    load(owner, KIND, "2024", write(tmp_path, 2024, {"M17.1": "wrong", "M17.9": "x"}))
    load(owner, KIND, "2025", write(tmp_path, 2025, {"M17.1": "right", "M17.9": "x"}))
    before = owner.execute(ROWS, (KIND,)).fetchall()
    path = write(tmp_path, 2024, {"M17.1": "right", "M17.9": "x"})
    found = load(owner, KIND, "2024", path)
    assert found.state == "loaded"
    assert in_force(owner, date(2024, 7, 1)) == {"M171": "right", "M179": "x"}
    assert load(owner, KIND, "2024", path).state == "unchanged"
    load(owner, KIND, "2024", write(tmp_path, 2024, {"M17.1": "wrong", "M17.9": "x"}))
    assert owner.execute(ROWS, (KIND,)).fetchall() == before


def test_an_april_update_ends_the_october_list(owner: psycopg.Connection, tmp_path: Path) -> None:
    october = write(tmp_path, 2024, {"M17.1": "a", "M17.9": "b"})
    april = write(tmp_path, 2025, {"M17.1": "a", "M17.2": "c"})
    load(owner, KIND, "FY2024", october, date(2023, 10, 1), date(2024, 9, 30))
    load(owner, KIND, "FY2024 April", april, date(2024, 4, 1))
    assert in_force(owner, date(2024, 3, 31)) == {"M171": "a", "M179": "b"}
    assert in_force(owner, date(2024, 4, 1)) == {"M171": "a", "M172": "c"}
    assert in_force(owner, date(2026, 1, 1)) == {"M171": "a", "M172": "c"}


def test_a_complete_list_takes_the_starters_place_on_its_days(owner: psycopg.Connection) -> None:
    def known(day: date) -> int:
        return len(owner.execute(IN_FORCE, ("icd-10-gm", day)).fetchall())

    before = known(date(2025, 6, 1))
    load(owner, "icd-10-gm", "2026", FILES / "icd_10_gm.csv")
    assert known(date(2025, 12, 31)) == before
    lines = (FILES / "icd_10_gm.csv").read_text().splitlines()[1:]
    listed = {line.split(",")[0].replace(".", "") for line in lines}
    leaves = {c for c in listed if not any(o != c and o.startswith(c) for o in listed)}
    assert known(date(2026, 1, 1)) == known(date(2027, 5, 1)) == len(leaves)
    # what ships never comes back over it
    reference_data.load(owner)
    owner.execute("delete from reference.file")
    owner.execute("update reference.release set sha256 = '' where release = 'starter'")
    reference_data.load(owner)
    assert known(date(2026, 1, 1)) == len(leaves)
    assert known(date(2025, 12, 31)) == before


def test_chains_of_yearly_conversions(owner: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "from_code,to_code,effective_from\n"
        "A01.0,A01.01,2019-10-01\nA01.0,A01.02,2019-10-01\n"
        "A01.01,A01.11,2021-10-01\nA01.11,A01.0,2022-10-01\n"
        "B02,A01.01,2021-10-01\n"
    )
    load(owner, "icd-10-cm-conversion", "2022", path)
    rows = owner.execute(
        "select from_code, to_code, from_until, to_since, steps from reference.code_bridge"
        " order by 1, 2, 4"
    ).fetchall()
    day = timedelta(days=1)
    first, second, third = (date(year, 10, 1) for year in (2019, 2021, 2022))
    assert rows == [
        ("A010", "A0101", first - day, first, 1),
        ("A010", "A0102", first - day, first, 1),
        ("A010", "A0111", first - day, second, 2),
        ("A0101", "A010", second - day, third, 2),
        ("A0101", "A0111", second - day, second, 1),
        ("A0111", "A010", third - day, third, 1),
        ("B02", "A0101", second - day, second, 1),
    ]
