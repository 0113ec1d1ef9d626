"""Release: what may leave, and the audit of it."""
