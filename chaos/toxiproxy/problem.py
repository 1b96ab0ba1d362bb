"""What goes wrong between the harness and Toxiproxy."""

from chaos.problems import HarnessProblem


class ToxiproxyProblem(HarnessProblem):
    """A control call failed or did not return, or the server died: the faults of this run cannot be trusted."""


class ToxiproxyMissing(ToxiproxyProblem):
    """No usable toxiproxy-server; the message lists every place tried and the commands that mend it."""
