"""The answer key: figures derived from what has been delivered, by rules of its own.

Written from the rules of computation, not from the warehouse: it shares no code, no table and no
bridge with the product.
"""
