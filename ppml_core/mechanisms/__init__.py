"""Noise on exact whole numbers and choices by scores: from a seed to explore, from the operating system to release."""
