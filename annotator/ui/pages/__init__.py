"""Whole-window pages: Welcome and Annotate."""
