"""Dialogs: each asks, none acts."""
