"""What the setting MODEL may name: a model of the catalogue, or a directory of one's own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import orjson

GRAPH: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
CONFIG: Final = "config.json"

EMBEDDED: Final = "distilbert-sst2-small"

# sha256 by file name, by model.
CATALOGUE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        EMBEDDED: MappingProxyType(
            {
                GRAPH: "458a4cd966f92665019ea103e20db2bc8ed9d24833b92598215dea983e93f074",
                TOKENIZER: "9114256b104cca80e04367526f03f46aa3c443c2ed174904142a73bbf13b9fbb",
                CONFIG: "d52928b1940430cea4ab3022383c7e29f5678df1e276292018f8c890ec7327b0",
            }
        )
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


def read(name: str, *, directory: Path | None = None) -> Model:
    """Read and check the model that the setting MODEL names.

    A name of the catalogue is looked for beside this file (or in `directory`) and its sha256 sums are checked. Anything
    else is a path: a directory with the same three files, whose sums nobody published, so that only their shape is
    checked.
    """
    sums = CATALOGUE.get(name)
    if sums is None:
        where, mend = Path(name), "put it there, or unset MODEL to use the embedded model"
        if not where.is_dir():
            known = ", ".join(sorted(CATALOGUE))
            expected = f"{known}, or a directory with {GRAPH}, {TOKENIZER} and {CONFIG}"
            raise ModelError(name, [f"expected {expected}; found neither; unset MODEL to use the embedded model"])
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
        if sums is None:
            continue
        found = hashlib.sha256(content).hexdigest()
        if found != sums[file]:
            problems.append(
                f"{where / file}: expected sha256 {sums[file]}, found {found} ({len(content)} bytes); {mend}"
            )
    if problems:
        raise ModelError(name, problems)
    return Model(name, where, contents[GRAPH], contents[TOKENIZER], _labels(name, where / CONFIG, contents[CONFIG]))


def _labels(name: str, file: Path, content: bytes) -> tuple[str, ...]:
    """Labels in the order of the graph's output, from `{"id2label": {"0": …, "1": …}}`."""
    try:
        by_id = orjson.loads(content)["id2label"]
        return tuple(str(by_id[str(index)]) for index in range(len(by_id)))
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ModelError(
            name, [f'{file}: expected JSON with "id2label" numbered from "0", found: {error!r}; correct the file']
        ) from error
