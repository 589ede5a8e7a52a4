"""Learners: plain and differentially private, one file each, behind `fit(data, rng) -> Fitted` and `fit_many`."""
