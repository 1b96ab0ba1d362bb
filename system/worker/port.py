"""A port that a worker is told to listen on, and cannot."""

from system.worker.settings import WorkerSettings


class PortError(Exception):
    """The address cannot be listened on. `setting` is where its port comes from."""

    def __init__(self, settings: WorkerSettings, setting: str, reason: str) -> None:
        port = getattr(settings, setting.lower())
        super().__init__(
            f"HOST={settings.host!r} {setting}='{port}': cannot listen there: {reason}; stop what does, "
            f"or set {setting}=0 for any free port"
        )
