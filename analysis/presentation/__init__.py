"""Presentation: blocks, tables, charts, maps and sentences from released rows."""
