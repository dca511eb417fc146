"""Immutable values and pure geometry: what is annotated, without files, Qt or formats."""
