"""PPML Explorer's engine: anonymize, train privately, measure accuracy and risk, from Python or the command line."""

__version__ = "0.1.0"
