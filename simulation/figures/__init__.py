"""Figures of the world, each a canvas drawn from an event history or from the contests."""
