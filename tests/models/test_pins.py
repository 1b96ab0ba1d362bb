"""The sums of the full model are those of files whose identity is published: a git blob id, of the bytes made here."""

import hashlib
from pathlib import Path

import orjson
import pytest

from system.models import catalogue
from system.models.catalogue import CATALOGUE, CONFIG, EMBEDDED, FULL, TOKENIZER

# Of onnx/tokenizer.json and config.json in the hub's repository at the pinned revision.
BLOB_IDS = {
    TOKENIZER: "688882a79f44442ddc1f60d70334a7ff5df0fb47",
    CONFIG: "b57fe5dfcb8ec3f9bab35ed427c3434e3c7dd1ba",
}


def tokenizer() -> bytes:
    """Both models read by the same vocabulary and rules; only the hub's file is set out in lines."""
    embedded = Path(catalogue.__file__).parent / EMBEDDED / TOKENIZER
    return orjson.dumps(orjson.loads(embedded.read_bytes()), option=orjson.OPT_INDENT_2)


def config() -> bytes:
    written = {
        "activation": "gelu",
        "architectures": ["DistilBertForSequenceClassification"],
        "attention_dropout": 0.1,
        "dim": 768,
        "dropout": 0.1,
        "finetuning_task": "sst-2",
        "hidden_dim": 3072,
        "id2label": {"0": "NEGATIVE", "1": "POSITIVE"},
        "initializer_range": 0.02,
        "label2id": {"NEGATIVE": 0, "POSITIVE": 1},
        "max_position_embeddings": 512,
        "model_type": "distilbert",
        "n_heads": 12,
        "n_layers": 6,
        "output_past": True,
        "pad_token_id": 0,
        "qa_dropout": 0.1,
        "seq_classif_dropout": 0.2,
        "sinusoidal_pos_embds": False,
        "tie_weights_": True,
        "vocab_size": 30522,
    }
    return orjson.dumps(written, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@pytest.mark.parametrize(("file", "content"), [(TOKENIZER, tokenizer()), (CONFIG, config())])
def test_a_pinned_sum_is_that_of_the_published_file(file: str, content: bytes) -> None:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)

    assert blob.hexdigest() == BLOB_IDS[file]
    assert hashlib.sha256(content).hexdigest() == CATALOGUE[FULL].sha256[file]


def test_the_full_model_is_asked_for_at_its_revision() -> None:
    origin = CATALOGUE[FULL].origin

    assert origin is not None
    assert [origin.url("https://hub.example/", file) for file in CATALOGUE[FULL].sha256] == [
        f"https://hub.example/{origin.repository}/resolve/{origin.revision}/{path}"
        for path in ("onnx/model.onnx", "onnx/tokenizer.json", "config.json")
    ]
