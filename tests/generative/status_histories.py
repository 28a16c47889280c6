"""Claim histories around one opinion, drawn so that every branch of the statuses is near."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.spec.status_reference import Event, Person, Proposal, Request, later

T0 = date(2024, 1, 31)
FAMILIES = (
    "knee_arthroplasty",
    "lumbar_fusion",
    "lumbar_decompression",
    "knee_arthroscopy",
    "hip_arthroplasty",
)
SIDES = ("", "left", "right", "bilateral")
WINDOWS = {
    "knee_arthroplasty": 24,
    "lumbar_fusion": 12,
    "lumbar_decompression": 12,
    "knee_arthroscopy": 12,
    "hip_arthroplasty": 18,
    "lost": 12,
}
LEVELLED = ("lumbar_fusion", "lumbar_decompression")


@dataclass(frozen=True)
class Case:
    """A delivered opinion; person None is not matched."""

    key: str
    t0: date
    person: Person | None
    proposals: tuple[Proposal, ...]


def near(*months: int) -> st.SearchStrategy[date]:
    """Days within a week of a whole number of months from t0, or anywhere in four years."""
    edges = [later(T0, m) + timedelta(days=d) for m in months for d in range(-4, 5)]
    anywhere = st.dates(date(2022, 6, 1), date(2027, 6, 1))
    return st.one_of(st.sampled_from(edges), st.sampled_from(edges), anywhere)


DAYS = near(-3, -1, 0, 3, 6, 12, 18, 24, 30, 36)

events = st.builds(
    Event,
    family=st.sampled_from(FAMILIES[:4]),
    day=DAYS,
    side=st.sampled_from(SIDES),
    extent=st.sampled_from((0, 0, 1, 2)),
    kind=st.sampled_from(("professional", "institutional")),
    setting=st.sampled_from(("outpatient", "inpatient")),
    dated=st.booleans(),
    assistant=st.booleans(),
    denied=st.booleans(),
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Request, ...]:
    """Requests of distinct numbers, decided some days after they were made or never."""
    found = []
    for number in range(draw(st.integers(0, 2))):
        asked = draw(near(-12, -1, 0))
        wait = draw(st.none() | st.integers(0, 20))
        found.append(
            Request(
                f"a{number}",
                draw(st.sampled_from(FAMILIES)),
                asked,
                asked + timedelta(days=wait) if wait is not None else None,
                approved=draw(st.booleans()),
                withdrawn=draw(st.sampled_from((False, False, True))),
                side=draw(st.sampled_from(SIDES)),
                extent=draw(st.sampled_from((0, 1, 2))),
                levels=draw(st.sampled_from((None, None, 1, 3))),
            )
        )
    return tuple(found)


@st.composite
def people(draw: st.DrawFn) -> Person:
    """One continuous coverage, open or ended, that may begin after the opinion."""
    first = draw(st.sampled_from((date(2022, 1, 1), date(2023, 2, 1), T0, date(2024, 2, 1))))
    last = draw(st.none() | near(3, 12, 18, 24, 30).filter(lambda day: day >= first))
    repeated = draw(st.lists(events, max_size=3))
    twin = [*repeated]
    if repeated and draw(st.booleans()):
        one = repeated[0]
        other = "institutional" if one.kind == "professional" else "professional"
        days = draw(st.integers(-4, 4))
        twin.append(Event(one.family, one.day + timedelta(days=days), one.side, one.extent, other))
    return Person(
        spans=((first, last),),
        death=draw(st.none() | near(3, 12, 24)),
        consent_ends=draw(st.sampled_from((None, None, None, None, date(2025, 5, 1)))),
        events=tuple(twin),
        requests=draw(requests()),
    )


@st.composite
def proposals(draw: st.DrawFn) -> tuple[Proposal, ...]:
    """None, one or two, perhaps with one that the reviewer added."""
    found = []
    for number in range(1, draw(st.integers(0, 2)) + 2):
        added = number == 1 and draw(st.booleans())
        family = draw(
            st.sampled_from(
                (
                    "knee_arthroplasty",
                    "knee_arthroplasty",
                    "lumbar_fusion",
                    "lumbar_fusion",
                    "hip_arthroplasty",
                    "lost",
                )
            )
        )
        found.append(
            Proposal(
                number,
                family,
                draw(st.sampled_from(("against", "alternative", "defer", "agreed", "none"))),
                later(T0, -2),
                side="" if family in LEVELLED else draw(st.sampled_from(SIDES)),
                intent=draw(st.sampled_from((None, "E1", "E2", "E3", "E4"))),
                window=WINDOWS[family],
                side_rule="levels" if family in LEVELLED else "side",
                added=added,
            )
        )
    return tuple(found)


@st.composite
def cases(draw: st.DrawFn, number: int) -> Case:
    """Any person with any proposals; at times an approved request and another extent done."""
    person = draw(st.one_of(people(), people(), people(), st.none()))
    proposed = draw(proposals())
    if person is not None and draw(st.booleans()):
        family, extent = proposed[0].family, draw(st.sampled_from((1, 2)))
        asked = Request("z", family, later(T0, -1), None, approved=True, extent=extent)
        done = Event(family, draw(near(0, 6, 12)), extent=3 - extent)
        person = replace(person, requests=(*person.requests, asked), events=(done,))
    return Case(f"case{number:04d}", T0, person, proposed)


@st.composite
def worlds(draw: st.DrawFn, size: int) -> list[Case]:
    """Half of `size` to `size` cases of one payor."""
    return [draw(cases(number)) for number in range(draw(st.integers(size // 2, size)))]
