"""What checks are, and how they are run over a project's labels."""
