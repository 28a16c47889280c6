"""What a delivered name says, without keeping it: a number in the series, and whether it recurs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

# A name with so many digits is one of a series; a shorter one (claims.csv) recurs in any folder.
TELLING_DIGITS = 6


@dataclass(frozen=True)
class Numbered:
    """Day and running number of a file that is named `<feed>_<YYYYMMDD>_<n>`."""

    day: date
    number: int


def numbered(name: str, feed: str) -> Numbered | None:
    """What the name says of its place in the series; None for names of another form."""
    found = re.match(rf"{re.escape(feed)}_([0-9]{{8}})_([0-9]{{1,6}})(?:\.|$)", name)
    if not found:
        return None
    try:
        day = date.fromisoformat(f"{found[1][:4]}-{found[1][4:6]}-{found[1][6:]}")
    except ValueError:
        return None
    return Numbered(day, int(found[2]))


def digests(cursor: Any, payor: str, path: Path) -> tuple[str, str]:
    """By what a second file of the same name is known, and a file of the same series.

    A name may hold a person's: what is kept is salted.
    """
    cursor.execute(
        "insert into vault.name_salt (payor_id) values (%s) on conflict do nothing", (payor,)
    )
    cursor.execute("select salt from vault.name_salt where payor_id = %s", (payor,))
    (salt,) = cursor.fetchone()
    tells = sum(letter.isdigit() for letter in path.name) >= TELLING_DIGITS
    name = path.name if tells else str(path.absolute())
    return _salted(salt, name), _salted(salt, re.sub("[0-9]", "", name))


def _salted(salt: Any, text: str) -> str:
    return sha256(f"{salt}\0{text}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
