"""Run directories: written while a run goes on, read and measured afterwards."""
