"""Every command a person can invoke, declared once as data, one module per menu."""
