"""One block of members: from its history to the rows of files and its part of the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.base_world import BaseWorld
from simulation.calendars import add_days
from simulation.case_records import (
    CLINICAL,
    consulted,
    draft,
    question,
    questions,
    trigger_sides,
)
from simulation.cases import Case
from simulation.claim_table import first_versions
from simulation.claim_text import Pen, claim_records, send_claims
from simulation.claim_versions import NO_NIGHT, all_versions
from simulation.cover_table import in_gap, life_events, pieces
from simulation.cover_text import cover_records, people_of, send_cover
from simulation.effect import effect_rows
from simulation.events import Records
from simulation.feeds.deliver import Invoices, send_block, send_core
from simulation.feeds.scene import Scene
from simulation.fragments import Fragment, Place, Sorter
from simulation.frames import each
from simulation.history import History, build_history
from simulation.office import Office
from simulation.opinions import write_up
from simulation.parameters import Calendar
from simulation.people import Person, member_id
from simulation.profiles import Profile
from simulation.story_block import build_stories
from simulation.timeline import day_number
from simulation.truth import BlockTruth, Judge
from simulation.truth_cases import CaseTruth, case_truths


@dataclass(frozen=True, slots=True)
class Task:
    """What one block needs to be built anywhere."""

    world: BaseWorld
    profile: Profile
    calendar: Calendar
    seed: int
    payor_number: int
    block: int
    first_member: int
    members: int
    stories: int
    all_feeds: bool = False


@dataclass(slots=True)
class Block:
    """A finished block."""

    fragments: dict[Place, Fragment]
    truth: BlockTruth
    cases: dict[str, CaseTruth]
    members: int
    consultations: int
    claim_lines: int
    invoices: Invoices
    effect: pd.DataFrame


def build(task: Task) -> Block:
    """Everything that happens to the block's members, sorted into files, with its truth."""
    sorter = Sorter(task.profile, task.calendar)
    judge = Judge(task.profile, task.calendar, task.world.hidden_families)
    consultations = lines = 0
    if task.stories:
        records, people = build_stories(
            task.profile, task.calendar, task.seed, task.payor_number, task.stories
        )
        sorter.send(records, people)
        judge.add_records(records)
        consultations += len({row.consultation_id for row in records.consultations})
        lines += sum(len(c.lines) for c in records.claims if c.night is not None)
    cases: dict[str, CaseTruth] = {}
    invoices: Invoices = {}
    effect = pd.DataFrame()
    if task.members > task.stories:
        living = Living(task, sorter, judge)
        living.run()
        cases, invoices, effect = living.cases, living.invoices, living.effect
        consultations += living.consultations
        lines += living.lines
    return Block(
        sorter.fragments, judge.truth, cases, task.members, consultations, lines, invoices, effect
    )


class Living:
    """The members of a block who are not part of a story."""

    def __init__(self, task: Task, sorter: Sorter, judge: Judge) -> None:
        self.task, self.sorter, self.judge = task, sorter, judge
        self.cases: dict[str, CaseTruth] = {}
        self.invoices: Invoices = {}
        self.effect = pd.DataFrame()
        self.consultations = self.lines = 0
        self._streams = [
            np.random.default_rng((task.seed, task.payor_number, task.block, 40 + n))
            for n in range(5)
        ]

    def run(self) -> None:
        """Live, write and judge."""
        task = self.task
        history = build_history(
            task.world,
            task.profile,
            task.seed,
            task.payor_number,
            task.block,
            task.members - task.stories,
            task.first_member + task.stories,
        )
        events = life_events(task.world, history.persons, self._streams[0])
        ids = np.array([member_id(task.profile, n) for n in history.persons["person"]], object)
        sides = trigger_sides(history, self._streams[1])
        pen = self._claims(history, events, ids, sides)
        cover = pieces(history.persons, events, task.calendar)
        people = people_of(history, task.profile)
        send_cover(self.sorter, cover, people, task.profile)
        self.judge.add_tables(pen.table, cover)
        self._opinions(history, events, pen, cover, people, sides)

    def _claims(
        self,
        history: History,
        events: pd.DataFrame,
        ids: npt.NDArray[np.object_],
        sides: npt.NDArray[np.int64],
    ) -> Pen:
        task = self.task
        office = Office(history, task.profile, self._streams[2])
        first = first_versions(office, sides)
        uncovered = in_gap(events, first["member"].to_numpy(), first["start"].to_numpy())
        table = all_versions(office, first[~uncovered], task.calendar)
        table = table[table["night"] != NO_NIGHT].reset_index(drop=True)
        pen = Pen(office, table, ids, events["id_day"].to_numpy())
        send_claims(self.sorter, pen, task.block)
        self.lines = len(table)
        return pen

    def _opinions(
        self,
        history: History,
        events: pd.DataFrame,
        pen: Pen,
        cover: pd.DataFrame,
        people: list[Person],
        sides: npt.NDArray[np.int64],
    ) -> None:
        rows = consulted(history, self._streams[3])
        induced = _added(history)
        drafts: dict[int, Case] = {}
        records = Records()
        for trigger, row in ((one.Index, one) for one in each(rows)):
            person = _as_known(people[row.row], events["id_day"].to_numpy()[row.row], row.t0_day)
            case = draft(
                history,
                row,
                trigger,
                person,
                int(sides[trigger]),
                induced[trigger],
                self._streams[3],
            )
            if self._asked_in_time(case):
                drafts[trigger] = case
                write_up(case, self.task.profile, self.task.calendar, records, self._streams[3])
                self._ask_again(case, row, records)
        for row in each(questions(history, self._streams[3])):
            person = _as_known(people[row.Index], events["id_day"].to_numpy()[row.Index], row.day)
            case = question(history, row, person, self._streams[3])
            if self._asked_in_time(case):
                write_up(case, self.task.profile, self.task.calendar, records, self._streams[3])
        self.consultations = len({one.consultation_id for one in records.consultations})
        self.sorter.send(records, {})
        known = {row.member_id.rstrip("X") for row in records.consultations}
        members = np.array([person.member_id in known for person in people])
        records.claims = claim_records(pen, members)
        records.spans = cover_records(cover, members, people)
        self.judge.add_cases(records)
        clinical = {t: CLINICAL[case.kind] for t, case in drafts.items()}
        self.cases = case_truths(history, drafts, clinical)
        self.effect = effect_rows(history, drafts)
        self._send_further(
            Scene(
                history,
                self.task.profile,
                people,
                events["id_day"].to_numpy(),
                sides,
                drafts,
                {r.consultation_id: r.values["vendor_id"] for r in records.consultations},
                self._streams[4],
            )
        )

    def _send_further(self, scene: Scene) -> None:
        if self.task.all_feeds:
            self.invoices = send_block(self.sorter, scene, self.task.block == 0)
        else:
            send_core(self.sorter, scene)

    def _asked_in_time(self, case: Case) -> bool:
        return case.requested < self.task.calendar.last

    def _ask_again(self, case: Case, row: Any, records: Records) -> None:
        """A second opinion on the same question within the window."""
        rng = self._streams[3]
        wants = rng.random() < self.task.world.repeats
        later = add_days(case.t0, int(rng.integers(60, 300)))
        late = day_number(later) > day_number(self.task.calendar.first) - 3
        gone = row.end_day >= 0 and day_number(later) > row.end_day
        if not wants or case.delivered is None or late or gone:
            return
        again = replace(
            case,
            consultation_id=case.consultation_id + "R",
            requested=add_days(later, -14),
            recommended=add_days(later, -30),
            delivered=later,
        )
        write_up(again, self.task.profile, self.task.calendar, records, rng)


def _added(history: History) -> npt.NDArray[np.bool_]:
    """Triggers whose opinion adds an operation."""
    care = history.care
    chosen = (care["kind"] == "induced") & care["in1"] & ~care["in0"]
    out = np.zeros(len(history.triggers), dtype=bool)
    out[care["trigger"].to_numpy()[chosen.to_numpy()]] = True
    return out


def _as_known(person: Person, id_day: int, day: int) -> Person:
    """The person under the member id of that day."""
    if id_day < 0 or day < id_day:
        return person
    return replace(person, member_id=person.member_id + "X")
