"""The pytest plugin of the harness, loaded through its entry point."""
