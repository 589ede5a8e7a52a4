"""Anonymization: the lattice of all generalizations of a table, and the transformations that publish one."""
