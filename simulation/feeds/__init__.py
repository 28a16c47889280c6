"""Feeds beside the core ones: one module a subject, rows as values by column name.

Every function takes a `Scene` and yields (day the sender has the row, values); the day decides the
night that delivers it.
"""
