"""What may be wrong with a reference file. A refused file leaves the stored release as it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What was broken and what helps."""

    broken: str
    fix: str


RULES = {
    "E-REF-CODE": Rule("a code has not the shape of its code system", "load it under its own kind"),
    "E-REF-DATES": Rule(
        "the release has no validity, or it ends before it begins",
        "say --valid-from (and --valid-to), or name the release by its year, as FY2024",
    ),
    "E-REF-DUPLICATE": Rule("a code stands in the file twice", "load one release at a time"),
    "E-REF-EMPTY": Rule("the file has no rows", "fetch the file again"),
    "E-REF-FORMAT": Rule(
        "the file is not in a form of this kind", "compare it with the forms of the kind below"
    ),
    "E-REF-INCOMPLETE": Rule(
        "part of the list is missing: a chapter, a body system, or far too few rows",
        "fetch the file again; load all parts of a release in one file",
    ),
    "E-REF-MIXED": Rule("rows of more than one release", "load one release at a time"),
    "E-REF-OVERLAP": Rule(
        "another release already holds for these days", "say the day before it as --valid-to"
    ),
    "E-REF-RELEASE": Rule(
        "the file says it is another release", "load it under the release it names"
    ),
    "E-REF-SHRUNK": Rule(
        "fewer than half the rows of the release before", "fetch the file again"
    ),
    "E-REF-STARTER": Rule("the release name `starter` is taken by what ships", "choose another"),
    "E-REF-UNKNOWN": Rule(
        "no such release of this kind is loaded", "`second-opinion reference list` shows what is"
    ),
    "E-REF-UNREADABLE": Rule(
        "the file is cut short, damaged, or not UTF-8 text", "fetch the file again"
    ),
    "E-REF-VALUE": Rule("a date or number cannot be read", "fetch the file again"),
    "E-REF-ZERO-LOST": Rule(
        "codes lost their leading zeros, as a spreadsheet does", "use the publisher's own file"
    ),
}  # fmt: skip


class ReferenceRefused(RuntimeError):
    """A reference file was not loaded. Facts: code, line (0 = the file as a whole)."""

    def __init__(self, code: str, line: int = 0) -> None:
        place = f" in line {line}" if line else ""
        super().__init__(f"{code}{place}: {RULES[code].broken}")
        self.code, self.line = code, line
