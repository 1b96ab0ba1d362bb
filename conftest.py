"""Where pytest finds the project root; options and fixtures of the harness come from its installed plugin."""
