"""Golden answers: what the embedded model itself says to each of some sentences, alone, in a batch of one.

    python -m system.models.golden --sentences dev.tsv --out chaos/data/sst2.jsonl

Reads SST-2 as GLUE distributes it (`sentence<TAB>label` under a header line) and writes one JSON object a line: `text`,
`label` (the model's answer), `gold` (the human's). The same input gives the same file.
"""

import argparse
import csv
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from system.models import catalogue
from system.models.classifier import Classifier

HUMAN_LABELS: Final = ("NEGATIVE", "POSITIVE")

# int8 kernels round differently on CPUs without VNNI. A sentence that the model is sure of keeps its label there, so
# that a wrong answer in a test is the system's doing and not the processor's.
SURE: Final = 0.9


def read_sentences(path: Path) -> list[tuple[str, str]]:
    """Distinct sentences with their human labels, in the order of the file."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return list({text.strip(): HUMAN_LABELS[int(label)] for text, label in rows}.items())


def golden(classifier: Classifier, sentences: list[tuple[str, str]], count: int, seed: int) -> list[bytes]:
    """`count` JSON lines, drawn from the sentences that the model is sure of."""
    lines: list[bytes] = []
    for text, gold in random.Random(seed).sample(sentences, len(sentences)):
        if len(lines) == count:
            return lines
        prediction = classifier.classify_one(text)
        if prediction.score >= SURE:
            lines.append(orjson.dumps({"text": text, "label": prediction.label, "gold": gold}) + b"\n")
    if len(lines) < count:
        raise SystemExit(f"the model is sure of {len(lines)} of {len(sentences)} sentences; {count} were asked for")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m system.models.golden", description=__doc__)
    parser.add_argument("--sentences", type=Path, required=True, help="SST-2 in TSV form")
    parser.add_argument("--out", type=Path, required=True, help="the JSONL file to write")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=2013)
    options = parser.parse_args(arguments)
    classifier = Classifier.load(catalogue.read(catalogue.EMBEDDED))
    lines = golden(classifier, read_sentences(options.sentences), options.count, options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(b"".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
