"""Lessons: one claim each, a thing to move, and what happens then on a bundled table, computed anew every time.

In: a table, the lesson's settings, a Generator. Out: `Found`, numbers and a tidy table, and the chart of it.
"""
