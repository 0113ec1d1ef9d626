"""Sources: raw files read into typed frames."""
