"""What is simulated, and that it is simulated truly."""
