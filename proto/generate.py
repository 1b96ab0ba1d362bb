"""Generate the committed stubs from inference.proto, or check that they are what it would generate today.

Needs grpcio-tools and mypy-protobuf (dependency group `lint`). Their versions are written into the stubs, so
"fresh" means: by the versions that the constraints file pins.
"""

import argparse
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]  # ships neither stubs nor a py.typed marker

PACKAGE = Path(__file__).parent
SOURCE = "inference.proto"


def generate(source: Path, into: Path) -> list[Path]:
    """Write the stubs of `source` under `into`, a root that imports them as package `proto`."""
    well_known = Path(protoc.__file__).parent / "_proto"
    # The plugins of this interpreter's environment, whether or not that is activated.
    scripts = Path(sysconfig.get_path("scripts"))
    arguments = [
        "protoc",
        # `proto` as a virtual directory, so that the stubs import each other as `from proto import …`.
        f"--proto_path=proto={source.parent}",
        f"--proto_path={well_known}",
        f"--python_out={into}",
        f"--grpc_python_out={into}",
        f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
        f"--mypy_out=quiet:{into}",
        f"--mypy_grpc_out=quiet:{into}",
        f"proto/{source.name}",
    ]
    if protoc.main(arguments) != 0:
        raise SystemExit(f"protoc refused {source.name}; its reason is above")
    return sorted((into / "proto").iterdir())


def stale(package: Path) -> list[str]:
    """Names of the stubs in `package` that differ from what its inference.proto generates, or are missing."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = {path.name: path.read_bytes() for path in generate(package / SOURCE, Path(scratch))}
    committed = {path.name: path.read_bytes() for path in package.glob(f"{Path(SOURCE).stem}_pb2*")}
    return sorted(name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proto.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a stub is stale")
    options = parser.parse_args(arguments)
    if options.check:
        names = stale(PACKAGE)
        if names:
            print(f"stale: {', '.join(names)}; run `python -m proto.generate`", file=sys.stderr)  # noqa: T201
        return 1 if names else 0
    generate(PACKAGE / SOURCE, PACKAGE.parent)
    return 0


if __name__ == "__main__":
    sys.exit(main())
