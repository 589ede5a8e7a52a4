"""Transformations of a table, one file each."""
