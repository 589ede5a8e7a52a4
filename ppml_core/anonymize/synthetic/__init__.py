"""Synthetic tables from noisy marginals: what a column can be, what is measured, and how people are drawn."""
