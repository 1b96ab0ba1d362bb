"""What pytest lets only the root say; options and fixtures of the harness come from its installed plugin."""

pytest_plugins = ["pytester"]
