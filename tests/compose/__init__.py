"""The compose file itself, on a Docker engine: `tox -e chaos-compose`."""
