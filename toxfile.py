"""Lets tox find the interpreters that pyenv installed but did not select.

pyenv puts a shim for every version on PATH, and the shim of a version that is not selected exits with an error. So
`python3.13` exists, fails, and the interpreter behind it stays unseen. The real `bin` directories, appended to PATH,
come after all that was there: they add interpreters and replace none.
"""

import os
from pathlib import Path

from tox.config.cli.parser import ToxParser
from tox.plugin import impl


@impl
def tox_add_option(parser: ToxParser) -> None:  # noqa: ARG001  # the first hook that runs; tox names its argument
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    installed = sorted(str(path) for path in root.glob("versions/*/bin"))
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *installed])
