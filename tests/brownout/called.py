"""The command called in this process, which costs no interpreter start."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from brownout.cli import main


@dataclass(frozen=True, slots=True)
class Called:
    """Exit code, standard output, standard error."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        for name, value in {"COLUMNS": "200", **environment}.items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setattr(sys, "argv", ["brownout", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        said = self.capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, said.out, said.err
