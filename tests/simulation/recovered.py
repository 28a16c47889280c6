"""A written world read back from its files alone, as an outsider would; no test in here."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

BRIDGE = {
    "knee_arthroplasty": ("NPK", "0SRC", "0SRD"),
    "hip_arthroplasty": ("NPH", "0SR9", "0SRB"),
    "lumbar_fusion": ("NPF", "0SG0"),
    "lumbar_decompression": ("NPD", "0SB2"),
    "cholecystectomy": ("NPC", "0FT4"),
    "hysterectomy": ("NPU", "0UT9"),
}
WINDOW = {
    "knee_arthroplasty": 24,
    "hip_arthroplasty": 18,
    "lumbar_fusion": 12,
    "lumbar_decompression": 12,
    "cholecystectomy": 18,
    "hysterectomy": 12,
}
SHIFT = {
    "knee_arthroplasty": 0.7,
    "hip_arthroplasty": -0.2,
    "lumbar_fusion": -0.7,
    "lumbar_decompression": -0.4,
    "cholecystectomy": 0.4,
    "hysterectomy": -0.1,
}
FIRST_STORY_BLOCK = "NL99999"
OPERATION = tuple(prefix for prefixes in BRIDGE.values() for prefix in prefixes)


@dataclass
class Feeds:
    """Frames of text by feed, versions included; story members left out."""

    frames: dict[str, pd.DataFrame]

    def __getitem__(self, feed: str) -> pd.DataFrame:
        return self.frames[feed]


def read(folder: Path, feed: str, night: str = "*") -> pd.DataFrame:
    """Rows of a feed of the first payor, without its trailers, broken rows and refused files."""
    parts = []
    for path in sorted(folder.glob(f"{night}/northlake/{feed}/*_0[1-9].csv")):
        if path.name.endswith("_09.csv"):  # refused, comes again
            continue
        lines = path.read_text().splitlines()
        width = lines[0].count(",")
        whole = [line for line in lines[:-1] if line.count(",") == width]
        parts.append(pd.read_csv(io.StringIO("\n".join(whole)), dtype=str, keep_default_na=False))
    parts += [
        pd.read_csv(path, dtype=str, keep_default_na=False, skipfooter=1, engine="python")
        for path in sorted(folder.glob(f"{night}/northlake/{feed}/*_10.csv"))
    ]
    return pd.concat(parts, ignore_index=True)


def near(found: float, wanted: float, n: int, errors: float = 4.0) -> bool:
    return abs(found - wanted) <= errors * np.sqrt(wanted * (1 - wanted) / max(n, 1))


def days(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column, format="%Y-%m-%d", errors="coerce")


def read_world(out: Path) -> Feeds:
    """All feeds of the first payor."""
    names = sorted(path.name for path in (out / "nights" / "2026-07-01" / "northlake").iterdir())
    frames = {name: read(out / "nights", name) for name in names}
    for name, frame in frames.items():
        if "member_id" in frame:
            number = frame["member_id"].str.extract(r"NL(\d{7})")[0]
            frames[name] = frame[number.notna() & (number > "0000038")].reset_index(drop=True)
    claims = frames["medical_claim"]
    frames["medical_claim"] = claims[~claims["claim_id"].str.contains("BAD")]
    return Feeds(frames)


def latest_requests(feeds: Feeds) -> pd.DataFrame:
    """The latest version of every authorisation, with the employer and its arm."""
    rows = feeds["authorization"].sort_values(["authorization_id", "version_seq"])
    rows = rows.drop_duplicates("authorization_id", keep="last")
    cover = feeds["eligibility"].drop_duplicates("person_id").set_index("person_id")
    access = feeds["program_access"].set_index("group_id")
    group = rows["person_id"].map(cover["group_id"])
    return rows.assign(
        asked=days(rows["requested_date"]),
        arm=group.map(access["arm"]).to_numpy(),
        opened=days(group.map(access["access_from"])).to_numpy(),
    )


def delivered_opinions(feeds: Feeds) -> pd.DataFrame:
    """First opinions, with the day they came."""
    rows = feeds["consultation"]
    rows = rows[(rows["status"] == "delivered") & ~rows["consultation_id"].str.endswith("R")]
    return rows.assign(
        person=rows["member_id"].str.rstrip("X"), t0=days(rows["delivered_to_member_date"])
    )


def first_operations(feeds: Feeds) -> pd.DataFrame:
    """First operation by person and family."""
    claims = feeds["medical_claim"]
    code = claims["hcpcs_code"].where(claims["hcpcs_code"] != "", claims["procedure_code_1"])
    rows = claims[code.str.startswith(OPERATION)].assign(code=code)
    family = {prefix: name for name, prefixes in BRIDGE.items() for prefix in prefixes}
    start = rows["code"].str.slice(0, 3).map(family)
    rows = rows.assign(
        family=start.where(start.notna(), rows["code"].str.slice(0, 4).map(family)),
        day=days(rows["claim_start_date"]),
    )
    return rows.groupby(["person_id", "family"], as_index=False)["day"].min()


def first_versions(feeds: Feeds) -> pd.DataFrame:
    """Claims as first sent, those of stories left out."""
    claims = feeds["medical_claim"]
    claims = claims[~claims["claim_id"].str.startswith(FIRST_STORY_BLOCK)]
    return claims[claims["original_claim_id"] == ""].drop_duplicates("claim_id")
