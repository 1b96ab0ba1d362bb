"""What `chaos.plugin` does once a scenario runs: the harness between pytest and the person in front of it.

fixtures        what the fixtures are made of
parting         SIGTERM, and the death of the process that a session belongs to
replay          the command that runs a scenario again
terminal        what a person sees, at the end
step_summary    the same for GitHub Actions
"""
