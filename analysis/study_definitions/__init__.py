"""The definitions of a study: its card, its flat lists, and how they are read and checked."""
