"""Restriction of a model's answers: one a file, each with what is left of the probabilities that it hands out."""
