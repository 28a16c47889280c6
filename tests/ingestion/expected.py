"""What every public sample file holds or why it is refused, from its raw text alone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.ingestion import expected_flat as flat
from tests.ingestion.expected_flat import Expected
from tests.ingestion.fhir import test_samples as fhir
from tests.ingestion.samples import SAMPLES
from tests.ingestion.test_x12_samples import HELD, REFUSED, patients, service_days
from tests.ingestion.x12_files import X12, Naive

UNUSED_SYNTHEA = (
    "payers", "providers", "organizations", "allergies", "careplans", "devices", "supplies",
    "imaging_studies", "immunizations", "medications", "observations",
)  # fmt: skip
NOT_FEEDS = ("reference", "stats")
ZERO = Decimal(0)
LINE_DAYS = ("232", "233", "472", "150", "151")


def family(path: Path) -> str:
    return path.relative_to(SAMPLES).parts[0]


def expected(path: Path) -> Expected | str:
    """Figures of a file, or the code it is refused with. Fails for a file nobody thought of."""
    return FAMILIES[family(path)](path)


def layout_of(path: Path) -> str | None:
    """The name `check` has to find without being told."""
    kind = family(path)
    if kind == "tuva_demo":
        new = "v2023_05" not in path.parts and "attribution" not in path.name
        return "tuva_0_18" if new else "tuva_2023"
    if kind == "x12":
        return "x12_test" if Naive.of(path.read_bytes()).named("ISA")[0][15] == "T" else "x12"
    return None if kind in NOT_FEEDS else kind.replace("fhir_stu3_reject", "fhir_r4")


def _not_a_feed(path: Path) -> str:
    # Stata's own files begin like XML
    return "E-XML" if path.suffix == ".dta" else "E-SCHEMA"


def _synthea(path: Path) -> Expected | str:
    return "E-UNUSED" if path.name.split(".")[0] in UNUSED_SYNTHEA else flat.synthea(path)


def _tuva(path: Path) -> Expected | str:
    if path.name.startswith("provider_attribution"):
        return "E-UNUSED"
    if path.suffix == ".parquet":  # the same rows as the delimited file of that name
        return flat.tuva(SAMPLES / "tuva_demo" / "v2026_03" / f"{path.stem}.csv")
    return flat.tuva(path)


def _fhir(path: Path) -> Expected | str:
    name = str(path.relative_to(SAMPLES))
    (kind,) = fhir.kinds(name)
    found = list(fhir.resources(name))
    if kind in fhir.UNUSED:
        return "E-UNUSED"
    if kind in ("None", "Bundle"):
        return {"None": "F-LOG", "Bundle": "F-STU3"}[kind]
    if kind == "Patient":
        return Expected("member", len(found), len({one["id"] for one in found}))
    if kind == "Coverage":
        undated = sum(1 for one in found if not one.get("period", {}).get("start"))
        assert undated == len(found), "no sample states a period"
        return Expected("eligibility", len(found), 0, held={"Q-REQ": undated})
    if kind in ("Encounter", "Condition", "Procedure"):
        members = len({fhir.tail(one["subject"]["reference"]) for one in found})
        days = [_event_days(one) for one in found]
        return Expected("clinical_event", len(found), members,
                        first=min(first for first, _ in days), last=max(last for _, last in days)
                        )  # fmt: skip
    members = len({one["patient"]["reference"] for one in found})
    ids = len({one["id"] for one in found})
    if kind == "Claim":
        charge = sum((fhir.rounded(one["total"]["value"]) for one in found), ZERO)
        paid, days = ZERO, [_billed(one) for one in found]
    else:
        charge = sum(map(fhir.submitted, found), ZERO)
        paid = sum((fhir.rounded(one["payment"]["amount"]["value"]) for one in found), ZERO)
        days = [day for one in found for day in fhir.days(one)]
    return Expected("medical_claim", len(found), members, ids, charge, paid, None,
                    min(first for first, _ in days), max(last for _, last in days))  # fmt: skip


def _event_days(event: dict[str, object]) -> tuple[str, str]:
    """First and last day an event states; the day it was written down where it has no other."""
    for name in ("period", "performedPeriod"):
        if isinstance(span := event.get(name), dict):
            return span["start"][:10], span.get("end", span["start"])[:10]
    day = str(event.get("onsetDateTime") or event.get("recordedDate"))[:10]
    return day, max(day, str(event.get("abatementDateTime", ""))[:10])


def _billed(claim: dict[str, dict[str, str]]) -> tuple[str, str]:
    period = claim["billablePeriod"]
    kinds = {coding["code"] for coding in claim["type"]["coding"]}  # type: ignore[index]
    # a drug is given on one day
    return period["start"][:10], period["start" if "pharmacy" in kinds else "end"][:10]


def _x12(path: Path) -> Expected | str:
    name = str(path.relative_to(X12))
    if name in REFUSED:
        return REFUSED[name]
    naive = Naive.of(path.read_bytes())
    records = len(naive.named("CLM", "CLP", "INS", "PLB"))
    if name in HELD:
        others = sum(1 for one in naive.named("ST") if one[1] == "278")
        # a set without records is held as one
        held = max(records, sum(HELD[name].values()))
        return Expected(_feed(naive), held + others, 0, held=HELD[name], money=False)
    if naive.named("CLM"):
        first, last = service_days(naive)
        return Expected("medical_claim", records, len(patients(naive)), _claims_of_providers(naive),
                        naive.total("CLM", 2), ZERO, None, first, last)  # fmt: skip
    if naive.named("CLP"):
        people = len({one[9] for one in naive.named("NM1") if one[1] == "QC"})
        days = [one[2] for one in naive.named("DTM") if one[1] in LINE_DAYS]
        return Expected("remittance_claim", records, people, naive.distinct("CLP", 7),
                        naive.total("CLP", 3), naive.total("CLP", 4), None, _day(min(days)),
                        _day(max(days)))  # fmt: skip
    people = len({one[2] for one in naive.named("REF") if one[1] == "0F"})
    return Expected("eligibility", records, people, **_coverage(naive))


def _claims_of_providers(naive: Naive) -> int:
    """Numbers of claims by billing provider."""
    found, provider = set(), ""
    for segment in naive.segments:
        if segment[:2] == ["NM1", "85"]:
            provider = segment[9] if len(segment) > 9 else ""
        elif segment[0] == "CLM":
            found.add((provider, segment[1]))
    return len(found)


def _coverage(naive: Naive) -> dict[str, str]:
    """Days of coverages (348, 349), or of members where no coverage has any (356, 357)."""
    for start, end in (("348", "349"), ("356", "357")):
        starts = [one[3] for one in naive.named("DTP") if one[1] == start]
        ends = [one[3] for one in naive.named("DTP") if one[1] == end]
        if starts:
            return {"first": _day(min(starts)), "last": _day(max(starts + ends))}
    return {}


def _feed(naive: Naive) -> str:
    heads = {"837": "medical_claim", "835": "remittance_claim", "834": "eligibility"}
    return next(heads[one[1]] for one in naive.named("ST") if one[1] in heads)


def _day(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}"


FAMILIES = {
    "bfd_rif": flat.rif,
    "desynpuf": flat.synpuf,
    "fhir_r4": _fhir,
    "fhir_stu3_reject": _fhir,
    "reference": _not_a_feed,
    "stats": _not_a_feed,
    "synthea_csv": _synthea,
    "tuva_demo": _tuva,
    "x12": _x12,
}
