"""A catalogue whose full model is published by the hub of these tests: the embedded model's files, of the same shape.

    python tests/models/published.py system.models.fetch distilbert-sst2     runs a command under that catalogue

The real one is 268 MB and out of a test's reach. Run as a file, which finds the system where it is installed.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Final

from system.models import catalogue
from system.models.catalogue import CATALOGUE, CONFIG, EMBEDDED, FULL, GRAPH, TOKENIZER, Entry, Origin

ORIGIN: Final = Origin("an/owner", "0123456789abcdef", {GRAPH: "onnx/graph", TOKENIZER: "onnx/words", CONFIG: "config"})
ENTRY: Final = Entry(CATALOGUE[EMBEDDED].sha256, max_tokens=512, origin=ORIGIN)
PUBLISHED: Final = MappingProxyType({**CATALOGUE, FULL: ENTRY})
FOLDER: Final = "distilbert-sst2-0123456789ab"


def files() -> dict[str, bytes]:
    """By their path on a hub."""
    embedded = Path(catalogue.__file__).parent / EMBEDDED
    return {ORIGIN.url("", file): (embedded / file).read_bytes() for file in ENTRY.sha256}


if __name__ == "__main__":
    setattr(catalogue, "CATALOGUE", PUBLISHED)  # noqa: B010 - it is final for everybody else
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
