"""Pointer interactions as generators: press, drafts, one step or nothing."""
