"""The payors of the world: two archetypes, repeated under other names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from simulation.diagnoses import CM, GM, WHO
from simulation.families import NORTH_CODES, PCS, RHEIN_CODES

_NAMES = (
    ("northlake", "Northlake Health Plan"),
    ("rheinland", "Rheinland Krankenkasse"),
    ("eastharbor", "East Harbor Health Plan"),
    ("alpenland", "Alpenland Krankenkasse"),
    ("southmesa", "South Mesa Health Plan"),
    ("nordkueste", "Nordkueste Krankenkasse"),
)


@dataclass(frozen=True, slots=True)
class Accidents:
    """On which night (index) what goes wrong with this payor's files; None = never."""

    quiet: frozenset[int] = frozenset()
    wrong_trailer: int | None = None
    truncated: int | None = None
    duplicate: int | None = None
    bad_claims: int | None = None
    bad_eligibility: int | None = None
    bad_consultations: int | None = None

    @property
    def broken(self) -> int | None:
        """Night of the refused claims file, however it is broken."""
        return self.wrong_trailer if self.truncated is None else self.truncated


@dataclass(frozen=True, slots=True)
class Profile:
    """One payor and the habits of its sending systems."""

    payor: str
    name: str
    prefix: str
    country: str
    region: str
    currency: str
    minor_units: int
    time_zone: str
    language: str
    layout: str
    adjustments: str
    diagnosis_system: str
    reviewer_systems: tuple[str, ...]
    service_system: str
    facility_system: str
    price_factor: float
    lines_of_business: tuple[str, ...]
    plans: tuple[str, ...]
    vendors: tuple[str, ...]
    pepm: str
    implementation: str
    accidents: Accidents = field(default_factory=Accidents)

    @property
    def compressed(self) -> bool:
        """Whether files are gzip."""
        return self.layout == "canonical_pipe"

    @property
    def delimiter(self) -> str:
        """Field separator of the files."""
        return "|" if self.layout == "canonical_pipe" else ","

    @property
    def suffix(self) -> str:
        """File name ending."""
        return ".psv.gz" if self.compressed else ".csv"


_NORTH = Profile(
    payor="northlake",
    name="Northlake Health Plan",
    prefix="NL",
    country="US",
    region="north_america",
    currency="USD",
    minor_units=2,
    time_zone="America/Chicago",
    language="en",
    layout="canonical_csv",
    adjustments="replacement",
    diagnosis_system=CM,
    reviewer_systems=(WHO,),
    service_system=NORTH_CODES,
    facility_system=PCS,
    price_factor=1.0,
    lines_of_business=("commercial", "commercial", "commercial", "medicare_advantage"),
    plans=("HMO Core", "PPO Plus"),
    vendors=("atlas", "beacon", "cedar"),
    pepm="0.85",
    implementation="12000.00",
    accidents=Accidents(
        quiet=frozenset({2}), wrong_trailer=0, duplicate=1, bad_claims=3, bad_consultations=1
    ),
)
_RHEIN = Profile(
    payor="rheinland",
    name="Rheinland Krankenkasse",
    prefix="RH",
    country="DE",
    region="europe",
    currency="EUR",
    minor_units=2,
    time_zone="Europe/Berlin",
    language="de",
    layout="canonical_pipe",
    adjustments="reversal_pair",
    diagnosis_system=GM,
    reviewer_systems=(WHO, CM),
    service_system=RHEIN_CODES,
    facility_system=RHEIN_CODES,
    price_factor=0.38,
    lines_of_business=("statutory", "statutory", "private_supplement"),
    plans=("Basis", "Komfort"),
    vendors=("atlas", "donau", "eiche"),
    pepm="0.40",
    implementation="9000.00",
    accidents=Accidents(truncated=1, duplicate=3, bad_claims=2, bad_eligibility=0),
)


def profile(number: int) -> Profile:
    """The payor with that number (0-based): even numbers are northlake's kind, odd rheinland's."""
    archetype = _RHEIN if number % 2 else _NORTH
    if number < len(_NAMES):
        payor, name = _NAMES[number]
    else:
        payor, name = f"{archetype.payor}_{number + 1}", f"{archetype.name} {number + 1}"
    prefix = archetype.prefix if number < 2 else f"{archetype.prefix}{number + 1}"
    return replace(archetype, payor=payor, name=name, prefix=prefix)
