"""Symptoms and the behaviour of neoplasms by the code alone: part of the second implementation."""

from __future__ import annotations

RANKED_SYMPTOMS = ("M255", "M54", "Z03", "Z04")


def symptom(code: str) -> bool:
    """Chapter R or one of the listed symptom codes."""
    return code.startswith("R") or code.startswith(RANKED_SYMPTOMS)


def behaviour(code: str) -> str:
    """Behaviour of a neoplasm; empty for everything else."""
    category = code[:3]
    if category in ("C77", "C78", "C79", "C7B"):
        return "secondary"
    if category[0] == "C":
        return "malignant"
    if category[0] != "D" or category >= "D50":
        return ""
    if category <= "D09":
        return "in_situ"
    if category <= "D36" or category == "D3A":
        return "benign"
    return "uncertain"


def behaviour_move(old: str, new: str) -> tuple[str, bool]:
    """(name of the move, whether it goes before a rank swap); no name = the relation decides."""
    before, after = behaviour(old), behaviour(new)
    if before == after:
        return "", False
    if not before:
        return _into_neoplasm(old, after)
    if not after:
        return _out_of_neoplasm(before, new)
    return _between(before, after)


def _into_neoplasm(old: str, after: str) -> tuple[str, bool]:
    if after in ("malignant", "secondary", "in_situ"):
        return ("D7" if symptom(old) else "new_malignancy"), True
    return "", False


def _out_of_neoplasm(before: str, new: str) -> tuple[str, bool]:
    if before in ("malignant", "secondary", "in_situ"):
        return "flip", True
    return ("D8" if symptom(new) else "not_neoplasm"), False


def _between(before: str, after: str) -> tuple[str, bool]:
    spread = {"malignant", "secondary"}
    if {before, after} == spread:
        return "primary_secondary", False
    if before in spread:
        return {
            "in_situ": ("downgrade", False),
            "benign": ("flip", True),
            "uncertain": ("decertify_malignant", False),
        }[after]
    if before == "in_situ":
        return {"benign": ("flip", True), "uncertain": ("decertify", False)}.get(
            after, ("upgrade", True)
        )
    if before == "benign":
        return ("upcertify", False) if after == "uncertain" else ("flip", True)
    return ("resolved", False) if after == "benign" else ("resolved_malignant", True)
