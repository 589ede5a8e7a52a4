"""Experiments: a frozen scenario in, tidy result rows out; sweeps over many, with a memory of what is known."""
