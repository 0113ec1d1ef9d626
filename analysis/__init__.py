"""The analytical workbench for needs analysis and evaluation."""
