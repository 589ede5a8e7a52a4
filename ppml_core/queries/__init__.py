"""Answers about a table instead of the table: query restriction, a desk with a privacy budget, and attacks on both."""
