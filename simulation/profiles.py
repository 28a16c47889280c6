"""The payors of the world: seven archetypes in five regions, repeated under other names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from simulation.diagnoses import CM, GM, WHO
from simulation.families import (
    HOKKAI_CODES,
    NORTH_CODES,
    PCS,
    RHEIN_CODES,
    SALAM_CODES,
    VERDE_CODES,
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
    hidden_families: tuple[str, ...] = ()
    claims_layout: str = ""  # of eligibility and claims, where it is not `layout`
    suffix_ids: bool = False  # corrections keep the first claim id and add a suffix
    quarter_grain: bool = False  # outpatient services are dated by the quarter
    accidents: Accidents = field(default_factory=Accidents)

    @property
    def unit(self) -> float:
        """Minor units of the currency per dollar of the world's price list."""
        return self.price_factor * float(10**self.minor_units)

    def layout_of(self, feed: str) -> str:
        """Layout of a feed's files."""
        if feed in ("eligibility", "medical_claim") and self.claims_layout:
            return self.claims_layout
        return self.layout

    def delimiter_of(self, feed: str) -> str:
        """Field separator of a feed's files."""
        return "|" if self.layout_of(feed) == "canonical_pipe" else ","

    def newline_of(self, feed: str) -> str:
        """Line end of a feed's files."""
        return "\r\n" if self.layout_of(feed) == "tuva_0_18" else "\n"

    def compressed(self, feed: str) -> bool:
        """Whether a feed's files are gzip."""
        return self.layout_of(feed) == "canonical_pipe"

    def suffix_of(self, feed: str) -> str:
        """File name ending."""
        return ".psv.gz" if self.compressed(feed) else ".csv"

    def has_trailer(self, feed: str) -> bool:
        """Whether a feed's files end in a trailer."""
        return self.layout_of(feed) != "tuva_0_18"


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
    hidden_families=("hysterectomy",),
    accidents=Accidents(truncated=1, duplicate=3, bad_claims=2, bad_eligibility=0),
)


_HOKKAI = Profile(
    payor="hokkai",
    name="Hokkai Kenpo",
    prefix="HK",
    country="JP",
    region="asia_pacific",
    currency="JPY",
    minor_units=0,
    time_zone="Asia/Tokyo",
    language="ja",
    layout="canonical_csv",
    adjustments="replacement",
    diagnosis_system=WHO,
    reviewer_systems=(CM,),
    service_system=HOKKAI_CODES,
    facility_system=HOKKAI_CODES,
    price_factor=30.0,
    lines_of_business=("society_managed", "society_managed", "association"),
    plans=("Kumiai", "Kyokai"),
    vendors=("atlas", "fuji", "sakura"),
    pepm="26",
    implementation="750000",
    suffix_ids=True,
    accidents=Accidents(wrong_trailer=2, duplicate=1, bad_claims=1, bad_consultations=0),
)
_EAST = replace(
    _NORTH,
    payor="eastharbor",
    name="East Harbor Health Plan",
    prefix="EH",
    claims_layout="tuva_0_18",
    accidents=Accidents(duplicate=2, bad_consultations=1),
)
_ALPEN = replace(
    _RHEIN,
    payor="alpenland",
    name="Alpenland Krankenkasse",
    prefix="AL",
    country="AT",
    time_zone="Europe/Vienna",
    quarter_grain=True,
)
_SALAM = replace(
    _RHEIN,
    payor="salam",
    name="Salam Health Cover",
    prefix="SM",
    country="KW",
    region="middle_east_africa",
    currency="KWD",
    minor_units=3,
    time_zone="Asia/Kuwait",
    language="ar",
    diagnosis_system=WHO,
    service_system=SALAM_CODES,
    facility_system=SALAM_CODES,
    price_factor=0.12,
    lines_of_business=("government", "employer"),
    plans=("Basic", "Enhanced"),
    vendors=("atlas", "najd"),
    pepm="0.120",
    implementation="3500.000",
)
_VERDE = replace(
    _NORTH,
    payor="verdemar",
    name="Verdemar Saude",
    prefix="VM",
    country="BR",
    region="latin_america",
    currency="BRL",
    time_zone="America/Sao_Paulo",
    language="pt",
    layout="canonical_pipe",
    diagnosis_system=WHO,
    reviewer_systems=(CM,),
    service_system=VERDE_CODES,
    facility_system=VERDE_CODES,
    price_factor=1.6,
    lines_of_business=("group", "individual"),
    plans=("Essencial", "Amplo"),
    vendors=("atlas", "ipe"),
    pepm="1.90",
    implementation="40000.00",
    accidents=Accidents(truncated=2, duplicate=3, bad_claims=1, bad_eligibility=2),
)
ARCHETYPES: tuple[Profile, ...] = (_NORTH, _RHEIN, _HOKKAI, _EAST, _ALPEN, _SALAM, _VERDE)


def profile(number: int) -> Profile:
    """The payor with that number (0-based); past the last they begin again under other names."""
    lap, place = divmod(number, len(ARCHETYPES))
    one = ARCHETYPES[place]
    if not lap:
        return one
    return replace(
        one,
        payor=f"{one.payor}_{lap + 1}",
        name=f"{one.name} {lap + 1}",
        prefix=f"{one.prefix}{lap + 1}",
    )
