"""Lines and files that are not sound: each ends with its code, and nothing else is lost."""

from __future__ import annotations

import gzip
import json
import random
import tracemalloc
from pathlib import Path

import pytest

from ingestion.check import check_file
from ingestion.contract import load_layout
from ingestion.messages import RULES
from ingestion.readers import fhir_r4
from ingestion.readers.fhir.strict_json import DEPTH_LIMIT, RESOURCE_LIMIT, is_shallow
from ingestion.records import Record
from ingestion.stream import TextFile
from tests.ingestion.fhir.made import COVERAGE, EOB, amount, changed, concept, line, report, write

GOOD = json.dumps(EOB)
DEEP = '{"resourceType":"Patient","id":"1","x":' + "[" * 100 + "]" * 100 + "}"
BAD_LINES = {
    "not json": ("{oops", "F-LINE"),
    "an array": ("[1]", "F-LINE"),
    "no type": ('{"id": "1"}', "F-LINE"),
    "type is a list": ('{"resourceType": ["Patient"]}', "F-LINE"),
    "nested too deep": (DEEP, "F-LINE"),
    "beyond the stack": ("[" * 200_000, "F-LINE"),
    "two on a line": (GOOD + GOOD, "F-LINE"),
    "too long": (GOOD[:-1] + ', "x": "' + "y" * RESOURCE_LIMIT + '"}', "F-LINE"),
    "a name twice": (GOOD[:-1] + ', "id": "other"}', "F-KEY"),
    "a name twice inside": (GOOD[:-1] + ', "x": {"a": 1, "a": 2}}', "F-KEY"),
    "NaN": (GOOD[:-1] + ', "x": NaN}', "F-NUM"),
    "Infinity": (GOOD[:-1] + ', "x": -Infinity}', "F-NUM"),
    "1e400": (GOOD[:-1] + ', "x": 1e400}', "F-NUM"),
    "1e999999999": (GOOD[:-1] + ', "x": 1e9999999999999999999}', "F-NUM"),
    "5000 digits": (GOOD[:-1] + ', "x": ' + "9" * 5000 + "}", "F-NUM"),
    "amount as text": (json.dumps(changed(EOB, payment={"amount": {"value": "60"}})), "Q-NUM"),
    "amount too large": (json.dumps(changed(EOB, payment={"amount": {"value": 10**15}})), "Q-NUM"),
    "object for a list": (json.dumps(changed(EOB, item=line(1))), "F-SHAPE"),
    "list for an object": (json.dumps(changed(EOB, patient=[{}])), "F-SHAPE"),
    "list for a text": (json.dumps(changed(EOB, id=["1"])), "F-SHAPE"),
    "no patient": (json.dumps(changed(EOB, patient=None)), "Q-REQ"),
    "no id": (json.dumps(changed(EOB, id=None)), "Q-REQ"),
    "impossible day": (json.dumps(changed(EOB, billablePeriod={"start": "2024-02-30"})), "Q-DATE"),
    "NUL in a code": (GOOD.replace("X1234", "X\\u0000"), "Q-CTRL"),
    "half a character": (GOOD.replace("X1234", "X\\ud800"), "Q-CTRL"),
    "id too long": (json.dumps(changed(EOB, id="9" * 90)), "Q-LEN"),
    "profile is a number": (json.dumps(changed(EOB, meta={"profile": 5}, diagnosis=[
        {"sequence": 1, "diagnosisCodeableConcept": concept("I10")}])), "F-SHAPE"),
    "no period": (json.dumps(changed(COVERAGE, period=None)), "Q-REQ"),
    "a Bundle": ('{"resourceType": "Bundle", "entry": []}', "F-BUNDLE"),
    "errors": ('{"resourceType": "OperationOutcome", "issue": []}', "F-ERROR"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_quarantined_and_the_others_enter(name: str, tmp_path: Path) -> None:
    text, code = BAD_LINES[name]
    found = report(tmp_path, EOB, text, changed(EOB, id="eob-2"))
    assert (found.refused, found.quarantined) == (None, {code: 1})
    assert (found.rows, found.accepted, found.paid_amount) == (3, 2, "120.00")


def test_brackets_inside_texts_are_no_nesting() -> None:
    assert is_shallow(json.dumps({"x": "[{" * 500 + '\\"['}))
    assert is_shallow("[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT)
    assert not is_shallow("[" * (DEPTH_LIMIT + 1) + "]" * (DEPTH_LIMIT + 1))


OLD_MONEY = {"system": "urn:iso:std:iso:4217", "code": "USD", "value": 5}
STU3_LINE = {
    "sequence": 1,
    "service": concept("45384"),
    "adjudication": [{"category": concept("x"), "amount": OLD_MONEY}],
}
STU3 = changed(EOB, use=None, item=[STU3_LINE], payment={"amount": OLD_MONEY})
UNKNOWN_PROFILE = changed(
    EOB, meta={"profile": ["http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-X|9.0.0"]}
)
R5 = {
    "resourceType": "Encounter",
    "id": "1",
    "class": [concept("AMB")],
    "subject": {"reference": "Patient/1"},
}
SPREAD = json.dumps({"resourceType": "Bundle", "entry": [EOB]}, indent=1)
REFUSED_FILES = {
    "stu3 claims": ((STU3, STU3), "F-STU3"),
    "stu3 after r4": ((EOB, STU3), "F-STU3"),
    "stu3 bundle": (({"resourceType": "Bundle", "entry": [{"resource": STU3}]},), "F-STU3"),
    "bundle": (({"resourceType": "Bundle", "entry": [{"resource": EOB}]},), "F-BUNDLE"),
    "bundle over lines": ((SPREAD,), "F-BUNDLE"),
    "resource over lines": ((json.dumps(EOB, indent=1),), "F-LINE"),
    "unknown profile": ((UNKNOWN_PROFILE,), "F-PROFILE"),
    "unknown profile later": ((EOB, UNKNOWN_PROFILE), "F-PROFILE"),
    "release 5": ((R5,), "F-PROFILE"),
    "export log": (({"exportId": "1", "eventId": "kickoff", "eventDetail": {}},), "F-LOG"),
    "manifest": (({"transactionTime": "2024-01-01", "output": []},), "F-MANIFEST"),
    "errors": (({"resourceType": "OperationOutcome", "issue": []},), "F-ERROR"),
    "another kind": (({"resourceType": "Location", "id": "1"},), "E-UNUSED"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_a_known_kind_is_refused_with_its_code(name: str, tmp_path: Path) -> None:
    lines, code = REFUSED_FILES[name]
    found = report(tmp_path, *lines)
    assert (found.layout, found.refused, found.rows) == ("fhir_r4", code, 0)


def test_a_type_behind_what_recognition_sees_is_known_by_its_elements(tmp_path: Path) -> None:
    long = changed(EOB, item=[line(at, amount("benefit", 0)) for at in range(1, 400)])
    reordered = {name: long[name] for name in sorted(long)}
    assert json.dumps(reordered).index("resourceType") > 1 << 16
    found = report(tmp_path, reordered)
    assert (found.refused, found.rows, found.paid_amount) == (None, 1, "60.00")


def test_other_kinds_among_claims_are_read_past(tmp_path: Path) -> None:
    found = report(tmp_path, EOB, {"resourceType": "Location", "id": "1"})
    assert (found.rows, found.accepted, found.quarantined) == (2, 2, {})


def test_mixed_resources_go_to_their_feeds(tmp_path: Path) -> None:
    found = report(tmp_path, EOB, COVERAGE, {"resourceType": "Patient", "id": "-77"})
    assert (found.rows, found.accepted, found.members) == (3, 3, 1)


def test_blank_lines_and_crlf_and_a_mark_are_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "windows.ndjson"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode() + b"\r\n\r\n")
    found = check_file(path)
    assert (found.refused, found.rows, found.accepted) == (None, 1, 1)


@pytest.mark.parametrize("cut", [1, 10, 200, 900])
def test_a_cut_last_line_refuses_the_file(cut: int, tmp_path: Path) -> None:
    path = write(tmp_path / "cut.ndjson", EOB, EOB)
    path.write_bytes(path.read_bytes()[: -1 - cut])
    assert check_file(path).refused == "E-TRUNC"


def test_a_whole_last_line_needs_no_end(tmp_path: Path) -> None:
    path = tmp_path / "open.ndjson"
    path.write_text(GOOD)
    assert check_file(path).accepted == 1


@pytest.mark.parametrize(
    ("damage", "code"),
    [(b"\xff\xfe", "E-ENC"), (b"\x00", "E-NUL"), (b"\x0b", "E-CTRL")],
    ids=["not utf-8", "nul", "control"],
)
def test_bytes_that_are_no_text_refuse_the_file(damage: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "bytes.ndjson"
    path.write_bytes(GOOD.encode() + b"\n" + GOOD.encode()[:40] + damage + b"\n")
    assert check_file(path).refused == code


def test_gzip_reads_as_plain(tmp_path: Path) -> None:
    path = tmp_path / "made.ndjson.gz"
    path.write_bytes(gzip.compress(GOOD.encode() + b"\n"))
    assert check_file(path).paid_amount == "60.00"


# ── damage at random ──────────────────────────────────────────────────────────────────────────

PIECES = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"-1", b"1e400", b"\\u0000", b"\n",
          b"\xc3\xa9", b"true", b'"id":', b"9999-12-31", b"\x00", b"\r"]  # fmt: skip


def damaged(rng: random.Random, data: bytes) -> bytes:
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data))
        kind = rng.randrange(4)
        if kind == 0:
            data = data[:at] + rng.choice(PIECES) + data[at:]
        elif kind == 1:
            data = data[:at] + data[at + rng.randrange(1, 40) :]
        elif kind == 2:
            data = data[:at] + rng.choice(PIECES) + data[at + 1 :]
        else:
            data = data[: at + 1] if rng.random() < 0.2 else data + data[at : at + 50]
    return data


def shuffled_values(rng: random.Random, value: object) -> object:
    """The same document with some elements of a wrong form."""
    if rng.random() < 0.01:
        return rng.choice([None, [], {}, "x", 7, True, [[]], [{}], {"coding": 1}])
    if isinstance(value, dict):
        return {name: shuffled_values(rng, child) for name, child in value.items()}
    if isinstance(value, list):
        return [shuffled_values(rng, child) for child in value]
    return value


FULL = changed(
    EOB,
    meta={"lastUpdated": "2024-04-01T10:00:00Z", "source": "x", "profile": ["http://x/us/y"]},
    type=concept("institutional", "http://terminology.hl7.org/CodeSystem/claim-type"),
    adjudication=[{"category": concept("benefitpaymentstatus"), "reason": concept("paid")}],
    identifier=[{"system": "x", "value": "1", "type": concept("uc")}],
    contained=[{"resourceType": "Organization", "id": "p", "identifier": [{"value": "1"}]}],
    provider={"reference": "#p"},
    careTeam=[{"sequence": 1, "provider": {"reference": "#p"}, "role": concept("primary")}],
    diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": concept("I10")}],
    procedure=[{"sequence": 1, "date": "2024-03-05", "procedureCodeableConcept": concept("A")}],
    supportingInfo=[{"sequence": 1, "category": concept("drg"), "code": concept("42")}],
    insurance=[{"focal": True, "coverage": {"reference": "Coverage/1"}}],
    total=[amount("submitted", 100)],
    related=[{"relationship": concept("prior"), "reference": {"value": "0"}}],
)  # fmt: skip
PEOPLE = [COVERAGE, {"resourceType": "Patient", "id": "1", "name": [{"given": ["A"]}]},
          {"resourceType": "Condition", "id": "2", "subject": {"reference": "Patient/1"},
           "code": concept("I10"), "onsetDateTime": "2024"}]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_random_damage_ends_with_a_code_or_adds_up(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    data = "".join(json.dumps(one) + "\n" for one in (FULL, *PEOPLE, EOB)).encode()
    for number in range(100):
        path = tmp_path / f"{number}.ndjson"
        path.write_bytes(damaged(rng, data))
        found = check_file(path, "fhir_r4")
        assert found.refused in (None, *RULES)
        assert found.rows == found.accepted + sum(found.quarantined.values())


@pytest.mark.parametrize("seed", range(4))
def test_elements_of_wrong_forms_never_break_the_reader(seed: int) -> None:
    rng = random.Random(seed)
    taken = 0
    for number in range(400):
        made = shuffled_values(rng, rng.choice([FULL, *PEOPLE]))
        for item in fhir_r4.items(number, json.dumps(made)):
            taken += isinstance(item, Record)
    assert taken > 50


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    layout = load_layout("fhir_r4")
    peaks = []
    for copies in (1, 6):
        path = tmp_path / f"{copies}.ndjson.gz"
        path.write_bytes(gzip.compress((json.dumps(FULL) + "\n").encode() * 900 * copies, 1))
        tracemalloc.start()
        for _ in fhir_r4.read(TextFile(path, layout.containers, layout.line_limit), layout, ""):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]
