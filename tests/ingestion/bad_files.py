"""The catalogue of broken files: each with one thing wrong and what must become of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.ingestion.files import (
    CONSULTATION,
    DIAGNOSIS,
    MEDICAL,
    PHARMACY,
    PROCEDURE,
    canonical,
    lines,
    numbered,
    packed,
    raw,
    trailer,
)


@dataclass(frozen=True)
class Case:
    """refused: code of the whole file, which ends in `state`; quarantined: code -> rows of a file
    that is taken in."""

    name: str
    content: bytes
    feed: str = "pharmacy_claim"
    layout: str = "canonical_csv"
    refused: str | None = None
    state: str = "refused"
    quarantined: dict[str, int] = field(default_factory=dict)
    accepted: int = 0


TEN = numbered(PHARMACY, 10)
GOOD = canonical(TEN)
BODY = lines(TEN)


def _cell(column: str, value: str, feed: str = "pharmacy_claim") -> bytes:
    """Ten rows, the fourth with one bad cell; the trailer counts all rows as they were meant."""
    row = {"pharmacy_claim": PHARMACY, "medical_claim": MEDICAL}.get(feed)
    row = row or {"consultation": CONSULTATION, "consultation_diagnosis": DIAGNOSIS}.get(feed)
    rows = numbered(row or PROCEDURE, 10)
    bad = [{**r, column: value} if n == 3 else r for n, r in enumerate(rows)]
    return raw(rows, lines(bad))


def _quarantine(
    name: str, code: str, column: str, value: str, feed: str = "pharmacy_claim"
) -> Case:
    content = _cell(column, value, feed)
    return Case(f"{name} in {column}", content, feed, quarantined={code: 1}, accepted=9)


def _replaced(old: bytes, new: bytes) -> bytes:
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1)


def _two_members_cut() -> bytes:
    head, tail = GOOD[: GOOD.index(b"R6")], GOOD[GOOD.index(b"R6") :]
    return (packed(head) + packed(tail))[: len(packed(head))]


REFUSED = [
    Case("zero bytes", b"", refused="E-EMPTY"),
    Case("only line ends", b"\n\n\n", refused="E-EMPTY"),
    Case("byte order mark and nothing else", b"\xef\xbb\xbf", refused="E-EMPTY"),
    Case("gzip of nothing", packed(b""), refused="E-EMPTY"),
    Case("truncated gzip", packed(GOOD)[:-30], refused="E-TRUNC"),
    Case("gzip without its checksum", packed(GOOD)[:-1], refused="E-TRUNC"),
    Case("garbage after gzip", packed(GOOD) + b"garbage", refused="E-TRUNC"),
    Case("zeros after gzip", packed(GOOD) + b"\0" * 512, refused="E-TRUNC"),
    Case("gzip cut at a member boundary", _two_members_cut(), refused="E-TRAILER"),
    Case("no trailer", raw(TEN, BODY, last=""), refused="E-TRAILER"),
    Case("one byte short", GOOD[:-1], refused="E-TRAILER"),
    Case("cut in a row", GOOD[:300], refused="E-TRAILER"),
    Case("cut in a count", raw(TEN, BODY)[:-8], refused="E-TRAILER"),
    Case("rows after the trailer", GOOD + (BODY[0] + "\n").encode(), refused="E-TRAILER"),
    Case("two files in one", GOOD + GOOD, refused="E-TRAILER"),
    Case("trailer count is a word", raw(TEN, BODY, "#TRAILER,ten,125.00"), refused="E-TRAILER"),
    Case("trailer without a total", raw(TEN, BODY, "#TRAILER,10,"), refused="E-TRAILER"),
    Case("trailer total as power", raw(TEN, BODY, "#TRAILER,10,1.25E2"), refused="E-TRAILER"),
    Case("trailer count lies", raw(TEN, BODY, "#TRAILER,11,125.00"), refused="E-COUNT"),
    Case("row lost", raw(TEN, BODY[:9]), refused="E-COUNT"),
    Case("trailer total lies", raw(TEN, BODY, "#TRAILER,10,125.01"), refused="E-TOTAL"),
    Case("amount changed", _replaced(b"12.50", b"12.05"), refused="E-TOTAL"),
    Case("UTF-16 with a mark", GOOD.decode().encode("utf-16"), refused="E-ENC"),
    Case("UTF-16 without a mark", GOOD.decode().encode("utf-16-le"), refused="E-ENC"),
    Case("Latin-1", _replaced(b"M1", "Mü".encode("latin-1")), refused="E-ENC"),
    Case("NUL", _replaced(b"M1", b"M\x001"), refused="E-NUL"),
    Case("lone carriage return", _replaced(b"M1", b"M\r1"), refused="E-CTRL"),
    Case("vertical tab", _replaced(b"M1", b"M\x0b1"), refused="E-CTRL"),
    Case("next line character", _replaced(b"M1", "M\x851".encode()), refused="E-CTRL"),
    Case("line separator character", _replaced(b"M1", "M\u20281".encode()), refused="E-CTRL"),
    Case("stray quote", _replaced(b"M1", b'M"1'), refused="E-QUOTE"),
    Case("quote never closed", _replaced(b"M1", b'"M1'), refused="E-QUOTE"),
    Case("line end inside quotes", _replaced(b"M1", b'"M\n1"'), refused="E-QUOTE"),
    Case("text after a closing quote", _replaced(b"M1", b'"M"1'), refused="E-QUOTE"),
    Case("unknown column", _replaced(b"ndc_code", b"drug_code"), refused="H-SCHEMA", state="held"),
    Case("amount renamed", _replaced(b"paid_amount", b"amount_paid"), refused="E-SCHEMA"),
    Case("required column missing", _replaced(b"person_id,", b""), refused="E-SCHEMA"),
    Case("column twice", _replaced(b"ndc_code", b"member_id"), refused="E-SCHEMA"),
    Case("no header", GOOD.partition(b"\n")[2], refused="E-SCHEMA"),
    Case("other delimiter", canonical(TEN, ";"), refused="E-SCHEMA"),
    Case("formula for a name", _replaced(b"ndc_code", b"=cmd(1)"), refused="E-NAME"),
    Case("statement for a name", _replaced(b"ndc_code", b"x); drop table y --"), refused="E-NAME"),
    Case("line beyond the limit", _replaced(b"M1", b"M" * (1 << 21)), refused="Q-LEN"),
    Case("many ragged rows", raw(TEN, [*BODY[:8], BODY[8] + ",x", "x"]), refused="Q-COLS"),
]  # fmt: skip

QUARANTINED = [
    *(
        _quarantine(f"number {value!r}", "Q-NUM", "paid_amount", value)
        for value in ("NaN", "Infinity", "1e5", "1_000", "１２", "(12.00)", "+5", ".5", "5.",
                      " 12.50", "12.50000", "123456789012345", "$5", "0x1F", "--5")
    ),
    _quarantine("decimal comma", "Q-NUM", "paid_amount", "12,50"),
    _quarantine("thousands", "Q-NUM", "paid_amount", "1,234.50"),
    _quarantine("a fraction", "Q-NUM", "claim_line_number", "1.5"),
    _quarantine("eleven digits", "Q-NUM", "claim_line_number", "12345678901"),
    _quarantine("full-width digits", "Q-NUM", "claim_line_number", "１"),
    *(
        _quarantine(f"date {value}", "Q-DATE", "dispensing_date", value)
        for value in ("today", "infinity", "epoch", "9999-12-31", "00000000", "0000-00-00",
                      "2024-13-01", "2024-02-30", "2023-02-29", "1900-02-29", "2024-04-31",
                      "02/03/24", "2024-2-3", "20240203", "2024-02-03T00:00:00", " 2024-02-03")
    ),
    _quarantine("empty required", "Q-REQ", "person_id", ""),
    _quarantine("blank required", "Q-REQ", "person_id", "   "),
    _quarantine("empty required number", "Q-REQ", "claim_line_number", ""),
    _quarantine("unknown code", "Q-CODE", "claim_type", "Institutional", "medical_claim"),
    _quarantine("unknown code", "Q-CODE", "status", "done", "consultation"),
    _quarantine("unknown code", "Q-CODE", "code_system", "icd-9", "consultation_diagnosis"),
    _quarantine("no first date", "Q-REQ", "recommended_date", "", "consultation_procedure"),
    _quarantine("too long", "Q-LEN", "ndc_code", "9" * 21),
    Case("one ragged row", raw(TEN, [*BODY[:9], BODY[9] + ",x"]),
         quarantined={"Q-COLS": 1}, accepted=9),
    Case("header repeated inside", raw(TEN, [*BODY[:9], GOOD.decode().split("\n")[0]]),
         quarantined={"Q-NUM": 1}, accepted=9),
]  # fmt: skip

EIGHT = canonical(TEN[:8])
PROPOSAL = {**PROCEDURE, "opinion": "final", "recommended_date": "", "recommendation": "add"}
ACCEPTED = [
    Case("good", GOOD, accepted=10),
    Case("byte order mark", b"\xef\xbb\xbf" + GOOD, accepted=10),
    Case("CRLF", GOOD.replace(b"\n", b"\r\n"), accepted=10),
    Case("compressed", packed(canonical(TEN[:9])), accepted=9),
    Case("two gzip members", packed(EIGHT[:200]) + packed(EIGHT[200:]), accepted=8),
    Case("pipes", canonical(TEN, "|"), layout="canonical_pipe", accepted=10),
    Case("blank lines", GOOD.replace(b"\nR4", b"\n\n\nR4") + b"\n", accepted=10),
    Case("names in capitals", GOOD.replace(b"claim_id", b"CLAIM_ID", 1), accepted=10),
    Case("final row without a date", canonical([PROPOSAL]), "consultation_procedure", accepted=1),
    Case("delimiter, quotes, formula and umlauts in quotes",
         canonical(numbered(PHARMACY, 3, member_id='=1+1, "Müller" \\. 日本')), accepted=3),
    Case("every field quoted",
         raw(TEN, ['"' + line.replace(",", '","') + '"' for line in BODY], trailer(TEN)),
         accepted=10),
]  # fmt: skip

CASES = [*REFUSED, *QUARANTINED, *ACCEPTED]
