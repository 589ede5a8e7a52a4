"""Attacks on a desk that answers queries: one file each, run against whatever policy or budget stands there."""
