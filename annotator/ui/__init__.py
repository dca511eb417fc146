"""The window: the only place that imports Qt, and no decisions about labels."""
