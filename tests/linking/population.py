"""Members and consultations with known truth: twins, namesakes, typing errors, gaps, placeholders.

Built from its own word lists; nothing here knows how the product links.
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass, field
from datetime import date, timedelta

Row = dict[str, str]

SYLLABLES = ("ba", "be", "bru", "da", "dor", "el", "fa", "gar", "ha", "hol", "ka", "ker", "la",
             "lin", "lo", "ma", "mer", "na", "nor", "pe", "ra", "ro", "sa", "sen", "ster", "ta",
             "tor", "va", "vin", "wal", "we", "za")  # fmt: skip
ENDINGS = ("mann", "son", "ez", "berg", "ski", "er", "ley", "ton", "i", "ic", "sen", "ard")
GIVEN = {
    "f": ("Anna", "Anne", "Maria", "Marie", "Zoë", "Renée", "Sofia", "Sophie", "Emma", "Mia",
          "Hannah", "Léa", "Clara", "Ida", "Ruth", "Jane", "Joan", "Grace", "Olivia", "Ava",
          "Ingrid", "Birgit", "Käthe", "Ursula", "Helen", "Elena", "Lucía", "Carmen", "Fatima",
          "Aylin", "Mei", "Yuki", "Chloe", "Nora", "Edith", "Paula", "Tess", "Vera", "Wanda"),
    "m": ("John", "Jon", "José", "Jörg", "Michael", "Michel", "Thomas", "Tomas", "Peter", "Pieter",
          "Paul", "Karl", "Carl", "Hans", "Uwe", "Luis", "Louis", "Noah", "Liam", "James", "Jim",
          "Robert", "Rupert", "Ahmed", "Ali", "Omar", "Wei", "Kenji", "Ivan", "Igor", "Sven",
          "Björn", "Günther", "Otto", "Felix", "Max", "Marc", "Mark", "Leo", "Oscar"),
}  # fmt: skip
STREETS = ("Main St", "Oak Ave", "Hauptstraße", "Mill Rd", "Bahnhofstr.", "High St", "Elm Dr")
FIRST_DAY = date(1935, 1, 1)
DAYS = 86 * 365


@dataclass
class World:
    """members: eligibility rows; consultations: rows without member id.

    truth: consultation id -> member id, None when the person is no member. kinds: what was done
    to the consultation's identifiers.
    """

    members: list[Row] = field(default_factory=list)
    consultations: list[Row] = field(default_factory=list)
    truth: dict[str, str | None] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    twins: set[str] = field(default_factory=set)


def build(members: int = 5000, consultations: int = 1000, seed: int = 7) -> World:
    """A world of about that many members (households of one to five; one birth in 60 is twins)."""
    rng = random.Random(seed)
    families = sorted({_family(rng) for _ in range(max(300, members // 8))})
    # few names are frequent, most are rare
    shares = [1 / (rank + 5) for rank in range(len(families))]
    world = World()
    while len(world.members) < members:
        _household(rng, world, rng.choices(families, shares)[0])
    _namesakes(rng, world, members // 100)
    strangers = World()
    while len(strangers.members) < consultations // 10:
        _household(rng, strangers, rng.choices(families, shares)[0])
    known = rng.sample(world.members, consultations - consultations // 10)
    alone = [row for row in world.members if row["member_id"] not in world.twins]
    near = rng.sample(alone, consultations // 10)
    unknown = [
        _relative(rng, row, other) if at % 2 else row
        for at, (row, other) in enumerate(zip(strangers.members, near, strict=False))
    ]
    sent: list[tuple[Row, str | None]] = [(row, row["member_id"]) for row in known]
    sent += [(row, None) for row in unknown]
    rng.shuffle(sent)
    for number, (row, member) in enumerate(sent, 1):
        _consult(rng, world, f"K{number:05d}", row, member)
    return world


def _relative(rng: random.Random, row: Row, near: Row) -> Row:
    """Of a member's household and no member: a twin, or somebody of the same name."""
    shared = {name: near[name] for name in ("last_name", "address", "zip_code", "phone", "gender")}
    if rng.random() < 0.5:
        return row | shared | {"birth_date": near["birth_date"], "first_name": _other(rng, near)}
    return row | shared | {"first_name": near["first_name"]}


def _other(rng: random.Random, near: Row) -> str:
    names = GIVEN[near["gender"][0]]
    return rng.choice([name for name in names if name != near["first_name"]])


def _family(rng: random.Random) -> str:
    parts = rng.choices(SYLLABLES, k=rng.choice((1, 2, 2)))
    return "".join([*parts, rng.choice(ENDINGS)]).capitalize()


def _household(rng: random.Random, world: World, family: str) -> None:
    postal = f"{10000 + 37 * rng.randrange(250)}"
    home = {"address": f"{rng.randrange(1, 200)} {rng.choice(STREETS)}", "zip_code": postal,
            "city": "Town", "last_name": family}  # fmt: skip
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 5))):
        born = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
        person = _person(rng, world, home, born)
        if rng.random() < 1 / 60:
            twin = _person(rng, world, home, born, but=person["first_name"])
            world.twins |= {person["member_id"], twin["member_id"]}


def _person(rng: random.Random, world: World, home: Row, born: date, but: str = "") -> Row:
    sex = rng.choice("fm")
    number = len(world.members) + 1
    row = home | {
        "person_id": f"P{number:06d}",
        "member_id": f"M{number:06d}",
        "first_name": rng.choice([name for name in GIVEN[sex] if name != but]),
        "gender": {"f": "female", "m": "male"}[sex],
        "birth_date": born.isoformat(),
        "phone": f"555{rng.randrange(10**7):07d}" if rng.random() < 0.6 else "",
        "social_security_number": _national_id(rng) if rng.random() < 0.3 else "",
        "enrollment_start_date": "2022-01-01",
    }
    row["email"] = f"u{rng.randrange(10**8)}@mail.example" if rng.random() < 0.4 else ""
    world.members.append(row)
    return row


def _national_id(rng: random.Random) -> str:
    return rng.choice(("999999999", "000000000")) if rng.random() < 0.1 else (
        f"{rng.randrange(100, 800)}{rng.randrange(10**6):06d}")  # fmt: skip


def _namesakes(rng: random.Random, world: World, count: int) -> None:
    """Strangers with the same full name; every third also has the same birth date."""
    for at, row in enumerate(rng.sample(world.members, count)):
        born = date.fromisoformat(row["birth_date"])
        if at % 3:
            born = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
        home = {
            "address": f"{rng.randrange(1, 200)} {rng.choice(STREETS)}",
            "zip_code": f"{10000 + 37 * rng.randrange(250)}",
            "city": "Town",
            "last_name": row["last_name"],
        }
        other = _person(rng, world, home, born)
        other["first_name"], other["gender"] = row["first_name"], row["gender"]


KINDS = {
    "clean": 45, "case and accents": 10, "typo in the family name": 6, "typo in the given name": 6,
    "names exchanged": 4, "day and month exchanged": 4, "typo in the birth date": 4, "moved": 8,
    "married": 3, "no birth date": 3, "initial only": 3, "placeholder name": 2,
    "placeholder birth date": 2,
}  # fmt: skip
KEPT = ("first_name", "last_name", "birth_date", "gender", "address", "zip_code", "phone", "email",
        "social_security_number")  # fmt: skip


def _consult(rng: random.Random, world: World, key: str, row: Row, member: str | None) -> None:
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    sent = {name: row[name] for name in KEPT}
    # a vendor seldom knows everything
    for name, share in (("phone", 0.4), ("email", 0.5), ("social_security_number", 0.8),
                        ("address", 0.3), ("gender", 0.05)):  # fmt: skip
        if rng.random() < share:
            sent[name] = ""
    _spoil(rng, sent, kind)
    world.consultations.append(sent | {"consultation_id": key})
    world.truth[key], world.kinds[key] = member, kind


def _spoil(rng: random.Random, sent: Row, kind: str) -> None:
    year, month, day = sent["birth_date"].split("-")
    other_year = f"{int(year) + rng.choice((-10, -1, 1))}-{month}-{day.replace('29', '28')}"
    changes: dict[str, Row] = {
        "case and accents": {"first_name": sent["first_name"].upper(),
                             "last_name": f" {sent['last_name'].lower()} "},
        "typo in the family name": {"last_name": _typo(rng, sent["last_name"])},
        "typo in the given name": {"first_name": _typo(rng, sent["first_name"])},
        "names exchanged": {"first_name": sent["last_name"], "last_name": sent["first_name"]},
        "day and month exchanged": {"birth_date": f"{year}-{day}-{month}"} if day <= "12" else {},
        "typo in the birth date": {"birth_date": other_year},
        "moved": {"address": "77 Elsewhere", "zip_code": f"{70000 + rng.randrange(999)}"},
        "married": {"last_name": _family(rng)},
        "no birth date": {"birth_date": ""},
        "initial only": {"first_name": sent["first_name"][0]},
        "placeholder name": {"first_name": "BABY BOY"},
        "placeholder birth date": {"birth_date": "1900-01-01"},
    }  # fmt: skip
    sent |= changes.get(kind, {})


def _typo(rng: random.Random, text: str) -> str:
    at = rng.randrange(1, len(text))
    letter = rng.choice(string.ascii_lowercase)
    return rng.choice((
        text[:at] + letter + text[at + 1:],
        text[:at] + letter + text[at:],
        text[:at] + text[at + 1:] if len(text) > 3 else text + letter,
        text[:at - 1] + text[at] + text[at - 1] + text[at + 1:],
    ))  # fmt: skip
