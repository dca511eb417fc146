"""What is annotated, durably: one SQLite file, one writer, every change kept."""
