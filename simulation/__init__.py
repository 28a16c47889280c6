"""A seeded world of payors, members, opinions and claims, with its own answer key."""

from simulation.parameters import WorldTooSmall
from simulation.world import OutputInUse, WorldSummary, simulate

__all__ = ["OutputInUse", "WorldSummary", "WorldTooSmall", "simulate"]
