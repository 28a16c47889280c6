"""Which figures a payor is shown, in which order, under which names."""

from __future__ import annotations

from dataclasses import dataclass

STATUSES = {
    "performed_before_opinion": "Performed before the opinion",
    "performed_as_proposed": "Performed as proposed",
    "performed_modified": "Performed in another extent",
    "substituted": "Substituted",
    "deferred_performed": "Deferred, then performed",
    "censored_death": "Died within the window",
    "censored_disenrolled": "Left the plan within the window",
    "unverifiable": "Not verifiable from claims",
    "not_performed_provisional": "Not performed so far (window open)",
    "not_performed_confirmed": "Not performed (confirmed)",
}
NO_PROPOSAL = "not_applicable"
CLASSES = {
    "confirmed": "Confirmed",
    "refined": "Refined",
    "changed": "Changed",
    "undetermined": "Undetermined",
}

COUNT = "count"
SHARE = "share"
MONEY = "money"
RATIO = "ratio"
PER_MEMBER_MONTH = "money_per_member_month"
PER_THOUSAND = "per_1000_member_years"


@dataclass(frozen=True)
class Measure:
    """One figure to look up in a long mart."""

    relation: str
    measure: str
    label: str
    unit: str
    perspective: str = ""
    maturity: str = ""
    missing: str = "no_delivered_cases"

    @property
    def feed(self) -> str:
        """The feed without which the figure is unknown."""
        return "eligibility" if self.measure == "member_months" else "consultation"

    @property
    def name(self) -> str:
        """The figure's name: the measure, with the perspective and cohort that are not headline."""
        parts = [self.measure]
        if self.perspective == "system":
            parts.append("system")
        if self.maturity == "all":
            parts.append("all")
        return "_".join(parts)


def _diagnosis() -> list[Measure]:
    return [
        *(
            Measure(
                "mart_diagnosis_change", f"diagnosis_{name}", f"Diagnosis {label.lower()}", SHARE
            )
            for name, label in CLASSES.items()
        ),
        Measure(
            "mart_diagnosis_change",
            "diagnosis_changed_strict",
            "Diagnosis changed, grade 3 or 4",
            SHARE,
        ),
        Measure("mart_treatment_change", "treatment_changed", "Treatment plan changed", SHARE),
    ]


def _procedures() -> list[Measure]:
    relation = "mart_avoided_procedure"
    statuses = [
        Measure(relation, f"status_{name}", label, SHARE) for name, label in STATUSES.items()
    ]
    return [
        Measure(relation, "procedures_proposed", "Procedures proposed", COUNT),
        *statuses,
        Measure(relation, f"status_{NO_PROPOSAL}", "Cases without a proposed procedure", COUNT),
        Measure(
            relation,
            "procedures_avoided",
            "Procedures avoided (confirmed)",
            SHARE,
            missing="no_closed_cohort",
        ),
        Measure(
            relation,
            "supported_not_performed",
            "Supported by the reviewer, not performed",
            SHARE,
            missing="no_closed_cohort",
        ),
    ]


_MONEY = (
    ("modelled_gross", "Modelled gross savings", MONEY),
    ("verified_gross", "Verified gross savings", MONEY),
    ("programme_fees", "Programme fees", MONEY),
    ("verified_net", "Verified net savings", MONEY),
    ("roi_net", "Return on fees (net / fees)", RATIO),
    ("bcr", "Benefit-cost ratio (gross / fees)", RATIO),
    ("pmpm_impact", "Net impact per member per month", PER_MEMBER_MONTH),
    ("capture_ratio_gross", "Captured share of the modelled savings", RATIO),
    ("effective_cases", "Effective sample size", COUNT),
)


def _money(perspective: str) -> list[Measure]:
    suffix = "" if perspective == "payor" else ", whole system"
    return [
        Measure(
            "mart_cost_savings",
            measure,
            label + suffix,
            unit,
            perspective,
            "closed",
            "no_closed_cohort",
        )
        for measure, label, unit in _MONEY
    ]


def headline() -> list[Measure]:
    """Every figure of the headline list that is read from a long mart, in order of print."""
    modelled_all = [
        Measure(
            "mart_cost_savings",
            "modelled_gross",
            "Modelled gross savings, open cohorts included" + suffix,
            MONEY,
            perspective,
            "all",
        )
        for perspective, suffix in (("payor", ""), ("system", ", whole system"))
    ]
    population = [
        Measure(
            "mart_utilisation",
            "member_months",
            "Member months",
            COUNT,
            missing="no_eligibility_feed",
        ),
        Measure(
            "mart_adoption",
            "utilisation_per_1000",
            "Second opinions per 1,000 members and year",
            PER_THOUSAND,
        ),
    ]
    return [
        *_diagnosis(),
        *_procedures(),
        *modelled_all,
        *_money("payor"),
        *_money("system"),
        *population,
    ]
