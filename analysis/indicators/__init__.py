"""Indicators: from definitions to what is estimated."""
