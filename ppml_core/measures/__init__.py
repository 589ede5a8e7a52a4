"""Measures of a model on people: one file each, every one with the standard error that the number of people leaves."""
