"""Validation: contracts, logic, corrections, and the issues found."""
