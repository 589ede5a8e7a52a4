"""Attacks on what is released, and the risk they measure."""
