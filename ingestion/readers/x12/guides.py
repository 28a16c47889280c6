"""Which transaction set is which: by ST01 and the implementation guide named in ST03 or GS08."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

VERSION = re.compile(r"(00[0-9]{4})(X[0-9]{3})?[A-Z0-9]*")
# The guides of 5010 and of 4010 that are read, and the feed their records belong to.
PROFESSIONAL, INSTITUTIONAL, DENTAL = "professional", "institutional", "dental"
REMITTANCE, ENROLMENT = "remittance", "enrolment"
READ = {
    ("837", "X222"): PROFESSIONAL, ("837", "X223"): INSTITUTIONAL, ("837", "X224"): DENTAL,
    ("837", "X098"): PROFESSIONAL, ("837", "X096"): INSTITUTIONAL, ("837", "X097"): DENTAL,
    ("835", "X221"): REMITTANCE, ("835", "X091"): REMITTANCE,
    ("834", "X220"): ENROLMENT, ("834", "X095"): ENROLMENT,
}  # fmt: skip
# A base standard without a guide: the kind of an 837 is then told by its service lines.
BARE = {"837": PROFESSIONAL, "835": REMITTANCE, "834": ENROLMENT}
VERSIONS = ("004010", "005010")
# Predeterminations have the form of a claim and ask what would be paid: nothing was done.
PREDETERMINATION = ("X291", "X292", "X293")
FEEDS = {"837": "medical_claim", "835": "remittance_claim", "834": "eligibility"}
# The segment that starts a record, per transaction set.
RECORD = {"837": "CLM", "835": "CLP", "834": "INS"}


@dataclass(frozen=True)
class Kind:
    """What a transaction set is.

    name: one of the kinds above, None if it is not read; code: why it is not read
    (X-TYPE, X-PRED, X-VER); set_id: ST01.
    """

    set_id: str
    name: str | None
    code: str | None = None


@lru_cache(maxsize=256)
def kind(set_id: str, group_version: str, set_version: str) -> Kind:
    """The kind of a transaction set. group_version: GS08; set_version: ST03 or ''."""
    if set_id not in FEEDS:
        return Kind(set_id, None, "X-TYPE")
    found = VERSION.fullmatch(set_version or group_version)
    if not found or found[1] not in VERSIONS:
        return Kind(set_id, None, "X-VER")
    guide = found[2]
    if guide in PREDETERMINATION:
        return Kind(set_id, None, "X-PRED")
    name = READ.get((set_id, guide)) if guide else BARE[set_id]
    return Kind(set_id, name, None if name else "X-VER")
