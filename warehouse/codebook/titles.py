"""Which characters of a code only say the side, the encounter, the trimester or the fetus.

Nothing is taken from a character's position alone. Two codes that differ in one character, and
whose titles differ only in `right` and `left`, prove that this character carries the side; `initial
encounter` and `sequela` prove the encounter, and so on. `rules/title_phrase.csv` has the words;
words of the subject `place` only keep others from being read: the right lower quadrant is no side.

A character that carries more than that (H02.0: which eyelid *and* which side; the seventh character
of a fracture: which encounter *and* whether it was open) is not dropped but replaced by the
smallest character of the codes that share the rest of the title: only what is the same gets equal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from warehouse.codebook import rules

MASK = "-"
PLACEHOLDER = "X"
ENCOUNTER = re.compile(
    r"(?P<value>initial encounter|subsequent encounter|sequela)(?P<rest>\b.*)$", re.IGNORECASE
)
ENCOUNTERS = {
    "initial encounter": "initial",
    "subsequent encounter": "subsequent",
    "sequela": "sequela",
}
# `with unspecified angina pectoris` adds something to the disease: it says more, not less.
UNSPECIFIED = re.compile(r"(?<!with )\bunspecified\b", re.IGNORECASE)
FIRST_POSITION = 3
ENCOUNTER_POSITION = 6


@dataclass(frozen=True, slots=True)
class Place:
    """One character of one code that may say a subject's value, by words of the title.

    rest: the title without these words; two codes with the same rest differ in nothing else.
    """

    code: str
    position: int
    subject: str
    value: str
    is_anchor: bool
    spans: tuple[tuple[int, int], ...]
    rest: str


@dataclass
class Reading:
    """What a code's characters say. concept: see the module; spans: words only about that."""

    concept: str
    values: dict[str, str] = field(default_factory=dict)
    spans: list[tuple[int, int]] = field(default_factory=list)


def read(titles: Mapping[str, str]) -> dict[str, Reading]:
    """Reading of every code of one complete list, from the codes' titles (English)."""
    readings = {code: Reading(code) for code in titles}
    groups: dict[tuple[str, str], dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for place in _places(titles):
        masked = _masked(place.code, place.position)
        groups[f"{place.subject}{place.position}", masked][place.rest].append(place)
    for by_rest in groups.values():
        proven = {rest: places for rest, places in by_rest.items() if _is_proof(places)}
        for rest, places in proven.items():
            _note(readings, places, _substitute(proven, rest))
        if len(proven) == 1:
            _note_others(readings, by_rest, next(iter(proven)))
    for code, title in titles.items():
        for place in _encounters(code, title):
            readings[code].values["encounter"] = place.value
    for reading in readings.values():
        if MASK in reading.concept:
            reading.concept = reading.concept.rstrip(MASK + PLACEHOLDER)
    return readings


def says_unspecified(title: str, reading: Reading) -> bool:
    """Whether the title calls the disease unspecified, not its side, encounter or complication."""
    text = list(title)
    for start, end in reading.spans:
        text[start:end] = " " * (end - start)
    return bool(UNSPECIFIED.search("".join(text)))


def _places(titles: Mapping[str, str]) -> Iterator[Place]:
    for code, title in titles.items():
        yield from _encounters(code, title)
        spans: dict[str, list[tuple[int, int]]] = {}
        for match in _phrases().finditer(title):
            spans.setdefault(match[0].lower(), []).append(match.span())
        for phrase, found in spans.items():
            subject, value, is_anchor = _meanings()[phrase]
            several = [tuple(found)] if len(found) > 1 else []
            for chosen in [*((span,) for span in found), *several]:
                rest = _rest(title, chosen)
                for position in range(FIRST_POSITION, len(code)):
                    yield Place(code, position, subject, value, is_anchor, chosen, rest)


def _encounters(code: str, title: str) -> Iterator[Place]:
    match = ENCOUNTER.search(title)
    if match and len(code) > ENCOUNTER_POSITION:
        value = ENCOUNTERS[match["value"].lower()]
        rest = f"{title[: match.start()]}\0{_openness(match['rest'])}"
        yield Place(code, ENCOUNTER_POSITION, "encounter", value, True, (match.span(),), rest)


def _rest(title: str, spans: Iterable[tuple[int, int]]) -> str:
    """The title with its words cut out; commas are not always set alike."""
    for start, end in sorted(spans, reverse=True):
        title = f"{title[:start]}\0{title[end:]}"
    return title.replace(",", "").lower()


def _openness(words: str) -> str:
    """What the words behind the encounter add to the diagnosis: an open fracture, and how open."""
    if "open fracture" not in words:
        return ""
    return "open III" if "type III" in words else "open"


def _is_proof(places: Iterable[Place]) -> bool:
    """Two codes with different words of the same kind, one character apart."""
    anchors = {place.value for place in places if place.is_anchor}
    characters = {place.code[place.position] for place in places}
    return len(anchors) > 1 and len(characters) > 1


def _substitute(proven: Mapping[str, list[Place]], rest: str) -> str:
    """The character that stands for all of the group: none at all where the side is all it says."""
    places = proven[rest]
    is_plain = places[0].subject == "encounter" and rest.endswith("\0")
    if len(proven) == 1 or is_plain:
        return MASK
    return min(place.code[place.position] for place in places)


def _note(readings: dict[str, Reading], places: Iterable[Place], substitute: str) -> None:
    for place in places:
        reading, at = readings[place.code], place.position
        reading.concept = f"{reading.concept[:at]}{substitute}{reading.concept[at + 1 :]}"
        reading.values[place.subject] = place.value
        reading.spans.extend(place.spans)


def _note_others(
    readings: dict[str, Reading], by_rest: Mapping[str, list[Place]], proof: str
) -> None:
    """Siblings that say `bilateral` in other words: `bilateral ovaries` beside `right ovary`."""
    siblings: dict[str, list[Place]] = defaultdict(list)
    for rest, places in by_rest.items():
        for place in places:
            if rest != proof and not readings[place.code].values.get(place.subject):
                siblings[place.code].append(place)
    for places in siblings.values():
        if {place.value for place in places} <= {"bilateral", "unspecified"}:
            sides = [place for place in places if place.value == "bilateral"]
            _note(readings, sides[:1], MASK)


def _masked(code: str, position: int) -> str:
    return f"{code[:position]}\0{code[position + 1 :]}"


@cache
def _meanings() -> dict[str, tuple[str, str, bool]]:
    return {
        row["phrase"]: (row["subject"], row["value"], row["is_anchor"] == "true")
        for row in rules.table("title_phrase")
    }


@cache
def _phrases() -> re.Pattern[str]:
    longest_first = sorted(_meanings(), key=len, reverse=True)
    words = "|".join(re.escape(phrase) for phrase in longest_first)
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
