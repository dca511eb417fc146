"""Application logic without Qt: what is open, selected and possible."""
