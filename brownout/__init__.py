"""The `brownout` command, one module per subcommand."""
