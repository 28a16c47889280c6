"""Competitors that must miss the truth, and the oracle estimators that must not.

All of them read the event history, never a file; none of them is part of the product.
"""
