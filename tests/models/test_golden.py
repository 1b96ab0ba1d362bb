"""The golden answers in the repository are what the model says today."""

from pathlib import Path

import orjson
import pytest

from chaos.inputs import HOSTILE, SENTENCES
from system.models import golden
from system.models.classifier import Classifier


def test_golden_answers_are_what_the_model_says_today(classifier: Classifier) -> None:
    rows = [orjson.loads(line) for line in SENTENCES.read_bytes().splitlines()]

    assert len(rows) == 400
    assert [prediction.label for prediction in classifier.classify(row["text"] for row in rows)] == [
        row["label"] for row in rows
    ]


def test_golden_answers_to_hostile_texts_are_what_the_model_says_today_and_is_sure_of(classifier: Classifier) -> None:
    rows = [orjson.loads(line) for line in HOSTILE.read_bytes().splitlines()]
    answered = [row for row in rows if "refused" not in row]
    predictions = classifier.classify(row["text"] * row.get("times", 1) for row in answered)
    said = [prediction.label if prediction.score >= golden.SURE else None for prediction in predictions]
    assert said == [row.get("label") for row in answered]
    assert len([label for label in said if label]) >= 20


def test_the_same_sentences_give_the_same_file(tmp_path: Path) -> None:
    sentences = tmp_path / "dev.tsv"
    sentences.write_text('sentence\tlabel\na joy \t1\n"unmatched\t0\na joy \t1\nutterly awful \t0\n')
    first, second = tmp_path / "made" / "first.jsonl", tmp_path / "second.jsonl"

    for out in (first, second):
        assert golden.main(["--sentences", str(sentences), "--out", str(out), "--count", "3"]) == 0

    assert first.read_bytes() == second.read_bytes()
    rows = sorted((orjson.loads(line) for line in first.read_bytes().splitlines()), key=lambda row: row["text"])
    assert rows == [
        {"text": '"unmatched', "label": "NEGATIVE", "gold": "NEGATIVE"},
        {"text": "a joy", "label": "POSITIVE", "gold": "POSITIVE"},
        {"text": "utterly awful", "label": "NEGATIVE", "gold": "NEGATIVE"},
    ]


def test_too_few_sure_sentences_are_an_error(tmp_path: Path) -> None:
    sentences = tmp_path / "dev.tsv"
    sentences.write_text("sentence\tlabel\na joy\t1\n")

    with pytest.raises(SystemExit, match="sure of 1 of 1 sentences; 5 were asked for"):
        golden.main(["--sentences", str(sentences), "--out", str(tmp_path / "out.jsonl"), "--count", "5"])
