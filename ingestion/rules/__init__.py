"""Rules across the columns of a row, or the rows of a file, as the feed contracts list them.

A rule is data. `predicate` makes it a condition of SQL for `receive`, `judging` a function of
Python for `check`; both must say the same of every row.
"""
