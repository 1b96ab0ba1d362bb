"""Who is told what becomes of calls."""

from typing import Protocol

from system.worker.batch import Batch
from system.worker.lane import Computed
from system.worker.refusal import RefusalError


class Observer(Protocol):
    """For whoever keeps metrics or traces. Called on the event loop, before the call is answered: be quick."""

    def refused(self, refusal: RefusalError) -> None: ...

    def computed(self, batch: Batch, computed: Computed) -> None: ...

    def abandoned(self, batch: Batch, after_s: float) -> None:
        """Whoever asked for it left, `after_s` after it came."""
        ...
