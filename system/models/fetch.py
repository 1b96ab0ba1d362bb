"""Download a model before a worker needs it, or before the network is gone: `python -m system.models.fetch`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from system import settings
from system.models import catalogue, progress
from system.models.catalogue import CATALOGUE, ModelError
from system.models.progress import MEGABYTE, Progress
from system.models.settings import SourceSettings
from system.models.source import Source

EPILOG: Final = f"""\
examples:
  python -m system.models.fetch {catalogue.FULL}
      into this user's cache, from where workers with MODEL={catalogue.FULL} load it
  python -m system.models.fetch {catalogue.FULL} --cache /srv/models
      into a folder of yours; start workers with MODEL_CACHE=/srv/models
  HF_ENDPOINT=https://hub.example.org python -m system.models.fetch {catalogue.FULL}
      from a mirror; http_proxy, https_proxy and REQUESTS_CA_BUNDLE are heeded too

A download that was cut goes on where it was cut. Every file's sha256 is checked. The folder is printed. Exit status 1:
a file is missing or wrong, and the message says which, what it should be and where to put it by hand.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    configuration = settings.load(SourceSettings)
    parser = argparse.ArgumentParser(
        prog="python -m system.models.fetch",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", choices=sorted(CATALOGUE), help="as in the setting MODEL")
    parser.add_argument(
        "--cache", type=Path, default=configuration.model_cache, metavar="DIR", help="default: MODEL_CACHE"
    )
    parser.add_argument(
        "--endpoint", default=configuration.hf_endpoint, metavar="URL", help="default: HF_ENDPOINT, %(default)s"
    )
    options = parser.parse_args(arguments)
    source = Source(options.endpoint, options.cache)
    try:
        with progress.shown(_say) as tell:
            model = catalogue.read(options.model, source=source, tell=tell)
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{model.directory}\n")
    return 0


def _say(so_far: Progress) -> None:
    if so_far.elsewhere:
        sys.stderr.write(f"{so_far.file}: another process is downloading it\n")
        return
    of = f" of {so_far.total / MEGABYTE:.1f}" if so_far.total else ""
    sys.stderr.write(f"{so_far.file}: {so_far.done / MEGABYTE:.1f}{of} MB from {so_far.url}\n")


if __name__ == "__main__":
    sys.exit(main())
