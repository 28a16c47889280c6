"""Diagnosis concepts, and how each code system writes them.

A world draws concepts; a system and a side turn a concept into a code. In a template `*` is
the side's character 1 (right) or 2 (left), `#` is 3 or 4; an empty template means that the system
has no such code, so the concept is never written there.
"""

from __future__ import annotations

from dataclasses import dataclass

CM = "icd-10-cm"
GM = "icd-10-gm"
WHO = "icd-10-who"
UNKNOWN_CODE = "Q00.99"


@dataclass(frozen=True, slots=True)
class Concept:
    """One clinical idea and its code template per system."""

    name: str
    cm: str
    gm: str
    who: str
    is_symptom: bool = False
    is_unspecified: bool = False
    # ICD-10-CM only: diseases of one site that its clinical grouping puts together
    kin: str = ""

    def template(self, system: str) -> str:
        """The system's template."""
        return {CM: self.cm, GM: self.gm, WHO: self.who}[system]


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What the oracle knows of one code (dotless)."""

    category: str
    concept: str
    is_symptom: bool
    is_unspecified: bool
    kin: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """The concepts around one family's disease.

    `main` and `sibling` share a category, as do `vague` and `precise`; `other` is elsewhere.
    """

    main: str
    sibling: str
    vague: str
    precise: str
    other: str
    symptom: str


CONCEPTS: tuple[Concept, ...] = (
    Concept("knee_oa", "M17.1*", "M17.1", "M17.1"),
    Concept("knee_oa_posttraumatic", "M17.3*", "M17.3", "M17.3"),
    Concept("knee_oa_unspecified", "M17.9", "M17.9", "M17.9", is_unspecified=True),
    Concept("old_meniscus_tear", "M23.20#", "M23.20", "M23.2"),
    Concept("knee_pain", "M25.56*", "M25.56", "M25.5", is_symptom=True),
    Concept("hip_oa", "M16.1*", "M16.1", "M16.1"),
    Concept("hip_oa_posttraumatic", "M16.5*", "M16.5", "M16.5"),
    Concept("hip_oa_unspecified", "M16.9", "M16.9", "M16.9", is_unspecified=True),
    Concept("hip_pain", "M25.55*", "M25.55", "M25.5", is_symptom=True),
    Concept("disc_radiculopathy", "M51.16", "M51.1", "M51.1", kin="spine"),
    Concept("disc_displacement", "M51.26", "M51.2", "M51.2", kin="spine"),
    Concept("disc_unspecified", "M51.9", "M51.9", "M51.9", is_unspecified=True, kin="spine"),
    Concept("spondylolisthesis", "M43.16", "M43.16", "M43.1", kin="spine"),
    Concept("lumbar_stenosis", "M48.061", "M48.06", "M48.0", kin="spine"),
    Concept("low_back_pain", "M54.50", "M54.5", "M54.5", is_symptom=True, is_unspecified=True),
    Concept("lumbar_radiculopathy", "M54.16", "M54.16", "M54.1", is_symptom=True),
    Concept("gallstones", "K80.20", "K80.20", "K80.2", kin="gallbladder"),
    Concept("gallstones_chronic", "K80.10", "K80.10", "K80.1", kin="gallbladder"),
    Concept("cholecystitis_chronic", "K81.1", "K81.1", "K81.1", kin="gallbladder"),
    Concept(
        "cholecystitis_unspecified",
        "K81.9",
        "K81.9",
        "K81.9",
        is_unspecified=True,
        kin="gallbladder",
    ),
    Concept("upper_abdominal_pain", "R10.11", "R10.1", "R10.1", is_symptom=True),
    Concept("fibroid_intramural", "D25.1", "D25.1", "D25.1"),
    Concept("fibroid_submucous", "D25.0", "D25.0", "D25.0"),
    Concept("fibroid_unspecified", "D25.9", "D25.9", "D25.9", is_unspecified=True),
    Concept("heavy_bleeding", "N92.0", "N92.0", "N92.0"),
    Concept("lower_abdominal_pain", "R10.31", "R10.3", "R10.3", is_symptom=True),
)
BY_NAME = {concept.name: concept for concept in CONCEPTS}

CONDITIONS: dict[str, Condition] = {
    "knee_arthroplasty": Condition(
        "knee_oa",
        "knee_oa_posttraumatic",
        "knee_oa_unspecified",
        "knee_oa",
        "old_meniscus_tear",
        "knee_pain",
    ),
    "hip_arthroplasty": Condition(
        "hip_oa",
        "hip_oa_posttraumatic",
        "hip_oa_unspecified",
        "hip_oa",
        "disc_radiculopathy",
        "hip_pain",
    ),
    "lumbar_fusion": Condition(
        "disc_radiculopathy",
        "disc_displacement",
        "disc_unspecified",
        "disc_radiculopathy",
        "spondylolisthesis",
        "low_back_pain",
    ),
    "lumbar_decompression": Condition(
        "disc_displacement",
        "disc_radiculopathy",
        "disc_unspecified",
        "disc_displacement",
        "lumbar_stenosis",
        "lumbar_radiculopathy",
    ),
    "cholecystectomy": Condition(
        "gallstones",
        "gallstones_chronic",
        "cholecystitis_unspecified",
        "cholecystitis_chronic",
        "cholecystitis_chronic",
        "upper_abdominal_pain",
    ),
    "hysterectomy": Condition(
        "fibroid_intramural",
        "fibroid_submucous",
        "fibroid_unspecified",
        "fibroid_intramural",
        "heavy_bleeding",
        "lower_abdominal_pain",
    ),
}


def code(concept: str, system: str, side: str) -> str:
    """The concept as the system writes it, with dot; empty if the system cannot."""
    left = side == "left"
    template = BY_NAME[concept].template(system)
    return template.replace("*", "2" if left else "1").replace("#", "4" if left else "3")


def dotless(written: str) -> str:
    """Upper case without dots and spaces."""
    return written.upper().replace(".", "").replace(" ", "")


def code_table() -> dict[tuple[str, str], CodeFacts]:
    """Every code the world can write, by (system, dotless code)."""
    table: dict[tuple[str, str], CodeFacts] = {}
    for concept in CONCEPTS:
        for system in (CM, GM, WHO):
            for side in ("right", "left"):
                written = dotless(code(concept.name, system, side))
                if not written:
                    continue
                table[system, written] = CodeFacts(
                    written[:3],
                    dotless(concept.template(system)).rstrip("*#"),
                    concept.is_symptom,
                    concept.is_unspecified,
                    concept.kin if system == CM else "",
                )
    return table
