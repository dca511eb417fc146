"""The canvas: pointer events to gestures, values to pixels."""
