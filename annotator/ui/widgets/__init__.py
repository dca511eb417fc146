"""The kit that every page, dock and dialog is built from: plain text, theme colours, keyboard focus.

Import from the modules: the first window needs but a few of them.
"""
