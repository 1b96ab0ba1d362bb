"""What the setting MODEL may name: a model of the catalogue, or a directory of one's own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import orjson

from system.models.progress import Tell, in_silence
from system.models.source import HUB, Source

GRAPH: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
CONFIG: Final = "config.json"

EMBEDDED: Final = "distilbert-sst2-small"
FULL: Final = "distilbert-sst2"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a hub publishes a model: its repository at one revision, and the path of each file in it."""

    repository: str
    revision: str
    paths: Mapping[str, str]

    def url(self, endpoint: str, file: str) -> str:
        return f"{endpoint.rstrip('/')}/{self.repository}/resolve/{self.revision}/{self.paths[file]}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the catalogue."""

    sha256: Mapping[str, str]
    """By file name."""
    max_tokens: int
    """What it was trained to read of a text, a text costing time in proportion; the rest is cut off."""
    origin: Origin | None = None
    """None: it ships beside this file."""


CATALOGUE: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        EMBEDDED: Entry(
            MappingProxyType(
                {
                    GRAPH: "458a4cd966f92665019ea103e20db2bc8ed9d24833b92598215dea983e93f074",
                    TOKENIZER: "9114256b104cca80e04367526f03f46aa3c443c2ed174904142a73bbf13b9fbb",
                    CONFIG: "d52928b1940430cea4ab3022383c7e29f5678df1e276292018f8c890ec7327b0",
                }
            ),
            max_tokens=128,  # calibrated and fine-tuned on inputs cut there; beyond it the answers mean little
        ),
        # How the sums are known, for they were not taken from a download. A listing of the hub's cache at this
        # revision, published by a user of it, names each file by its identity there: a large file by its sha256, a
        # small one by its git blob id. The graph's sum is the one in that listing, and in two unrelated programs that
        # verify their download by it. The two small files were written out anew, byte for byte, until their git blob
        # ids were those of the listing; what stands here is the sha256 of these bytes (tests/models/test_pins.py).
        FULL: Entry(
            MappingProxyType(
                {
                    GRAPH: "252cf7048af94a1599019fef35961b2bd3d6db13df0b0a4b032b92baeae31939",
                    TOKENIZER: "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
                    CONFIG: "582122c8f414793d131e10022ce9ba04e3811a9da6389137ee2f18665b4f4d15",
                }
            ),
            max_tokens=512,
            origin=Origin(
                "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
                "4643665f84c6760e3cbf6adaace6c398592270af",
                # The repository's root has no tokenizer.json; that of the export is the same tokenizer.
                MappingProxyType({GRAPH: "onnx/model.onnx", TOKENIZER: "onnx/tokenizer.json", CONFIG: "config.json"}),
            ),
        ),
    }
)


class ModelError(Exception):
    """The model cannot be used; the message names every file concerned, what was expected, found, and the mend."""

    def __init__(self, model: str, problems: list[str]) -> None:
        self.problems = tuple(f"MODEL={model!r}: {problem}" for problem in problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Model:
    """The content of a model, read once, so that what was checked is what gets loaded."""

    name: str
    directory: Path
    graph: bytes
    tokenizer: bytes
    labels: tuple[str, ...]
    max_tokens: int | None
    """None: as tokenizer.json says."""


def read(name: str, *, source: Source = HUB, directory: Path | None = None, tell: Tell = in_silence) -> Model:
    """Read and check the model that the setting MODEL names.

    A name of the catalogue is looked for beside this file, or in the cache of `source`, where it is downloaded to if
    need be; or, if given, in `directory` and nowhere else. Its sha256 sums are checked. Anything else is a path: a
    directory with the same three files, whose sums nobody published, so that only their shape is checked.
    """
    entry = CATALOGUE.get(name)
    if entry is None:
        where, mend = Path(name), "put it there, or unset MODEL to use the embedded model"
        if not where.is_dir():
            known = ", ".join(sorted(CATALOGUE))
            expected = f"{known}, or a directory with {GRAPH}, {TOKENIZER} and {CONFIG}"
            raise ModelError(name, [f"expected {expected}; found neither; unset MODEL to use the embedded model"])
    elif directory is None and entry.origin is not None:
        # What fetches over HTTP takes 0.3 s to import, which a restart with the embedded model shall not pay.
        from system.models.shelf import Shelf  # noqa: PLC0415

        where = Shelf(name, entry.origin, entry.sha256, source).provide(tell)
        mend = "move it away, to have it downloaded, or put the right file in its place"
    else:
        where = directory or Path(__file__).parent / name
        mend = "restore it from the distribution (reinstall brownout, or `git checkout` the file)"

    problems: list[str] = []
    contents: dict[str, bytes] = {}
    for file in (GRAPH, TOKENIZER, CONFIG):
        try:
            content = (where / file).read_bytes()
        except OSError as error:
            problems.append(f"{where / file}: expected a readable file, found: {error.strerror}; {mend}")
            continue
        contents[file] = content
        if entry is None:
            continue
        found = hashlib.sha256(content).hexdigest()
        if found != entry.sha256[file]:
            problems.append(
                f"{where / file}: expected sha256 {entry.sha256[file]}, found {found} ({len(content)} bytes); {mend}"
            )
    if problems:
        raise ModelError(name, problems)
    return Model(
        name,
        where,
        contents[GRAPH],
        contents[TOKENIZER],
        _labels(name, where / CONFIG, contents[CONFIG]),
        None if entry is None else entry.max_tokens,
    )


def _labels(name: str, file: Path, content: bytes) -> tuple[str, ...]:
    """Labels in the order of the graph's output, from `{"id2label": {"0": …, "1": …}}`."""
    try:
        by_id = orjson.loads(content)["id2label"]
        return tuple(str(by_id[str(index)]) for index in range(len(by_id)))
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ModelError(
            name, [f'{file}: expected JSON with "id2label" numbered from "0", found: {error!r}; correct the file']
        ) from error
