"""Audits: a lower bound on what leaks, measured by running a method, beside the guarantee that it claims."""
