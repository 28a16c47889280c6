"""Outcome messages: one template, closed words, never a value of the data."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.file_rules import FILE_RULES


@dataclass(frozen=True)
class Rule:
    """What a code means. action: a key of ACTIONS."""

    action: str
    broken: str
    expected: str
    fix: str


RULES: dict[str, Rule] = {
    "E-READ": Rule("refused", "file is not there or cannot be read", "a readable file",
                   "check the path and its rights"),
    "E-EMPTY": Rule("refused", "file has no content", "header, rows and trailer",
                    "send the file again, complete"),
    "E-TRUNC": Rule("refused", "file or compressed stream ends early, or has bytes after its end",
                    "a complete file", "repeat the transfer and compare sizes"),
    "E-BOMB": Rule("refused", "archive inflates beyond the limit, is nested or holds several files",
                   "one file, not nested, at most 100 times its size",
                   "send a plain or normally compressed file"),
    "E-TRAILER": Rule("refused", "trailer line missing, incomplete or not the last line",
                      "#TRAILER, row count, control total as the last line",
                      "write the trailer last, once, ended by a line end"),
    "E-COUNT": Rule("refused", "trailer count differs from the rows in the file",
                    "the number of data rows", "send the whole file again, or correct the trailer"),
    "E-TOTAL": Rule("refused", "control total differs from the rows in the file",
                    "the sum of the control column over all data rows",
                    "send the whole file again, or correct the trailer"),
    "E-ENC": Rule("refused", "text is not UTF-8", "UTF-8", "export as UTF-8"),
    "E-NUL": Rule("refused", "NUL byte in the text", "text without NUL",
                  "remove NUL bytes at the source"),
    "E-CTRL": Rule("refused", "control character or lone carriage return in the text",
                   "lines ended by LF or CRLF and no other control characters than TAB",
                   "remove control characters at the source"),
    "E-QUOTE": Rule("refused", "unbalanced or stray quote, or a line end inside quotes",
                    "quotes around whole fields, quotes inside doubled, one record per line",
                    "quote whole fields, double inner quotes, remove line ends from fields"),
    "E-SCHEMA": Rule("refused", "header does not fit the contract",
                     "names of the feed's columns, all required ones, each once",
                     "use the column names of the contract or announce a change of layout"),
    "E-NAME": Rule("refused", "header holds text that is no column name",
                   "names of the feed's columns", "write column names only"),
    "E-FEED": Rule("refused", "file is of another feed than the one it was delivered for",
                   "a file of the feed", "deliver it under the feed that check names"),
    "E-UNUSED": Rule("refused", "file is of a known kind that the warehouse has no use for",
                     "claims, eligibility, remittance or clinical events",
                     "nothing; leave such files out"),
    "E-PERIOD": Rule("refused", "file says nowhere which year it is about",
                     "the year in the file's name, as the publisher writes it",
                     "keep the publisher's file name"),
    "E-XML": Rule("refused", "file is XML, which is never parsed",
                  "delimited text, X12 or FHIR as JSON lines", "export in one of these forms"),
    "E-PATH": Rule("refused", "archive member's name or kind is not allowed",
                   "plain relative names of files, each once",
                   "pack one plain file, without folders above it, links or devices"),
    "E-CRYPT": Rule("refused", "archive is encrypted or packed in a way that is not read",
                    "zip with deflate or store, not encrypted", "pack again with common settings"),
    "E-PARQUET": Rule("refused", "Parquet cannot be read by this installation",
                      "delimited text, plain or compressed", "export as CSV"),
    "E-CHANGED": Rule("refused", "file changed after it was received", "an immutable file",
                      "deliver changed content as a new file"),
    "Q-NUM": Rule("quarantined", "not a number", "plain digits with a decimal point",
                  "no exponents, separators, signs other than a leading minus, or words"),
    "Q-DATE": Rule("quarantined", "not a date", "a calendar day 1800 to 2099 as YYYY-MM-DD",
                   "write YYYY-MM-DD; leave unknown dates empty"),
    "Q-REQ": Rule("quarantined", "required field is empty", "a value", "fill the field"),
    "Q-CODE": Rule("quarantined", "code is not in the closed list", "a code of the contract",
                   "map to the codes of the contract"),
    "Q-LEN": Rule("quarantined", "field or line is too long", "the length in the contract",
                  "shorten the field; a line has at most 1 MiB"),
    "Q-COLS": Rule("quarantined", "number of columns differs from the header",
                   "as many fields as the header", "quote fields that hold the delimiter"),
    "Q-CTRL": Rule("quarantined", "control character in a field", "text",
                   "remove control characters at the source"),
    "I-DUP": Rule("skipped", "same content was received before", "new content",
                  "nothing; it is already in the warehouse"),
    "W-BOM": Rule("accepted", "byte order mark before the header", "no byte order mark",
                  "export without a byte order mark"),
    "W-SURPLUS": Rule("accepted", "rows have fields beyond the last name of the header",
                      "as many fields as the header", "end rows without a further delimiter"),
    "I-TRANSFER": Rule("skipped", "record moves a balance and states no new amount",
                       "charges and payments", "nothing; the amounts are in other records"),
    "W-NOROWS": Rule("accepted", "no data rows", "rows, unless there were none",
                     "nothing, if there was nothing to send"),
    "W-TOTAL": Rule("accepted", "control total could not be verified: quarantined amounts",
                    "readable amounts", "correct the quarantined rows"),
    "X-ISA": Rule("refused", "interchange header (ISA) cannot be read",
                  "an ISA of 106 characters whose four separators differ, usage P or T",
                  "write the ISA with fields of fixed width"),
    "X-CTRL": Rule("refused", "control numbers or counts of an X12 envelope disagree",
                   "the number of ISA13 in IEA02, GS06 in GE02, ST02 in SE02, and true counts",
                   "write the envelope again from the content and send the whole file"),
    "X-TEST": Rule("refused", "interchange is marked as a test (ISA15 = T)",
                   "production interchanges", "send production data, or use the layout x12_test"),
    "X-DUPCTL": Rule("refused", "interchange control number was used before",
                     "a new ISA13 for every interchange of a sender",
                     "number interchanges without repeating"),
    "X-TYPE": Rule("refused", "transaction set is of a kind that holds no claims or coverage",
                   "837, 835 or 834", "nothing; leave such files out"),
    "X-PRED": Rule("refused", "predetermination: it asks what would be paid, nothing was done",
                   "claims for care that was given", "nothing; leave predeterminations out"),
    "X-VER": Rule("refused", "version or implementation guide is not read",
                  "005010 or 004010 with the guides of 837, 835 or 834",
                  "send 5010, or ask for the guide to be added"),
    "X-SEG": Rule("quarantined", "segment is missing or has no valid id",
                  "the segments the guide requires, ids of two or three characters",
                  "correct the transaction set"),
    "X-BAL3": Rule("quarantined", "amounts do not balance (SNIP 3)",
                   "line, claim and transaction totals that add up",
                   "correct the amounts or add the missing adjustments"),
    "I-MULTI": Rule("accepted", "file holds several interchanges", "one or more interchanges",
                    "nothing; each one was judged on its own"),
    "I-SET": Rule("skipped", "transaction set of a kind that holds no claims or coverage",
                  "837, 835 or 834", "nothing; such sets may stay in"),
    "W-DATE": Rule("accepted", "a date that decides nothing is not a date, and was left out",
                   "a calendar day 1800 to 2099", "correct the date at the source"),
    "W-MORE": Rule("accepted", "record holds more codes than there are columns",
                   "at most 25 diagnoses and 25 procedures", "nothing; the first 25 were kept"),
    "F-LINE": Rule("quarantined", "line is not one JSON object, or is nested or long beyond reason",
                   "one FHIR resource on each line", "export as NDJSON, without attachments"),
    "F-KEY": Rule("quarantined", "a name appears twice in one JSON object", "each name once",
                  "correct the export"),
    "F-NUM": Rule("quarantined", "number that JSON or the database cannot hold",
                  "decimals without NaN, Infinity or huge exponents", "correct the export"),
    "F-SHAPE": Rule("quarantined", "element is not of the form FHIR R4 gives it",
                    "objects, lists and texts as in R4", "validate the export against R4"),
    "F-STU3": Rule("refused", "resources are of FHIR STU3", "FHIR R4",
                   "export as R4 (the v2 endpoint of CMS services)"),
    "F-PROFILE": Rule("refused", "profile or release is not known here",
                      "FHIR R4; CARIN Blue Button 1 or 2", "announce the new version"),
    "F-BUNDLE": Rule("refused", "resources are wrapped in a Bundle", "one resource on each line",
                     "use the bulk export, or write each entry's resource on a line"),
    "F-LOG": Rule("refused", "file is the log of an export, not a resource file", "resource files",
                  "nothing; leave logs out"),
    "F-MANIFEST": Rule("refused", "file is the manifest of an export, not a resource file",
                       "resource files", "nothing; leave manifests out"),
    "F-ERROR": Rule("refused", "file holds the errors of an export (OperationOutcome)",
                    "an export without errors", "look into the errors and export again"),
    "I-KIND": Rule("skipped", "resource is of a kind that is not used, or no claim yet",
                   "claims, coverage, members or clinical events", "nothing"),
    "I-VOIDED": Rule("skipped", "resource was withdrawn by its sender", "valid resources",
                     "nothing, if it was never valid"),
}  # fmt: skip
RULES.update({code: Rule(*rule) for code, rule in FILE_RULES.items()})

ACTIONS = {
    "refused": "refused the whole file, nothing was stored",
    "quarantined": "quarantined the row",
    "accepted": "accepted with a warning",
    "skipped": "skipped, nothing changed",
    "held": "held the file for a steward, nothing was stored",
    "waiting": "left the file for the next look",
    "withdrawn": "took it out of all figures",
}
# The only words that may say what was found; a count or length may follow in brackets.
FOUND = frozenset({
    "empty", "missing", "duplicate", "truncated", "too-long", "not-a-date", "not-a-number",
    "out-of-range", "unknown-code", "unknown-column", "unbalanced", "non-UTF8", "control-char",
    "count", "changed",
})  # fmt: skip
FOUND_IN_ROW = {
    "Q-NUM": "not-a-number",
    "Q-DATE": "not-a-date",
    "Q-REQ": "empty",
    "Q-CODE": "unknown-code",
    "Q-LEN": "too-long",
    "Q-COLS": "count",
    "Q-CTRL": "control-char",
    "X-SEG": "out-of-range",
    "X-BAL3": "out-of-range",
    "F-LINE": "unbalanced",
    "F-SHAPE": "out-of-range",
    "F-KEY": "duplicate",
    "F-NUM": "not-a-number",
    "Q-CURR": "unknown-code",
}


def message(
    code: str,
    origin: str,
    line: int | None = None,
    field: str | None = None,
    found: str | None = None,
    action: str | None = None,
) -> str:
    """One outcome in the fixed template.

    origin: '<payor>/<feed> file <alias>'; field: a contract column; found: a word of FOUND,
    optionally with a count in brackets; action: overrides the code's usual one.
    """
    rule = RULES[code]
    if found is not None and found.split("(")[0] not in FOUND:
        raise ValueError("the word for what was found is not in the closed list")
    place = f"line {line or '-'} field {field or '-'}"
    return (
        f"[{code}] {origin} {place}: {rule.broken}; expected {rule.expected}, "
        f"found {found or '-'}. Did: {ACTIONS[action or rule.action]}. Sender should: {rule.fix}."
    )
