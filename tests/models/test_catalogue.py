"""A model that is not what it should be is refused by name, with the mend."""

import shutil
from pathlib import Path

import pytest

from system.models import catalogue
from system.models.catalogue import ModelError
from system.models.classifier import Classifier

EMBEDDED_DIRECTORY = Path(catalogue.__file__).parent / catalogue.EMBEDDED


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The embedded model in a directory that a test may spoil."""
    return Path(shutil.copytree(EMBEDDED_DIRECTORY, tmp_path / "model"))


def test_the_embedded_model_is_the_one_of_its_card() -> None:
    card = (EMBEDDED_DIRECTORY / "README.md").read_text()

    assert f"sha256(model.onnx) = {catalogue.CATALOGUE[catalogue.EMBEDDED].sha256[catalogue.GRAPH]}" in card


def test_a_directory_of_ones_own_is_a_model(copy: Path) -> None:
    # Without published sums: a changed card of labels is the user's right.
    (copy / catalogue.CONFIG).write_text('{"id2label": {"0": "GRIM", "1": "GRAND"}}')

    prediction = Classifier.load(catalogue.read(str(copy))).classify_one("a grand film")

    assert prediction.label == "GRAND"


def test_one_changed_byte_of_a_catalogued_model_is_noticed(copy: Path) -> None:
    graph = bytearray((copy / catalogue.GRAPH).read_bytes())
    graph[len(graph) // 2] ^= 1
    (copy / catalogue.GRAPH).write_bytes(graph)

    with pytest.raises(ModelError) as refused:
        catalogue.read(catalogue.EMBEDDED, directory=copy)

    (problem,) = refused.value.problems
    assert str(copy / catalogue.GRAPH) in problem
    assert f"expected sha256 {catalogue.CATALOGUE[catalogue.EMBEDDED].sha256[catalogue.GRAPH]}" in problem
    assert "restore it" in problem


def test_all_missing_files_are_named_at_once(copy: Path) -> None:
    (copy / catalogue.GRAPH).unlink()
    (copy / catalogue.TOKENIZER).unlink()

    with pytest.raises(ModelError) as refused:
        catalogue.read(str(copy))

    graph, tokenizer = refused.value.problems
    assert str(copy / catalogue.GRAPH) in graph
    assert str(copy / catalogue.TOKENIZER) in tokenizer


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"MODEL='gpt-9'.*distilbert-sst2-small, or a directory"):
        catalogue.read("gpt-9")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        pytest.param(catalogue.GRAPH, b"not a graph", id="the graph is noise"),
        pytest.param(catalogue.GRAPH, b"", id="the graph is empty"),
        pytest.param(catalogue.TOKENIZER, b"{}", id="the tokenizer is another JSON file"),
        pytest.param(catalogue.CONFIG, b"[]", id="the config is another JSON file"),
        pytest.param(catalogue.CONFIG, b'{"id2label": {"5": "X"}}', id="the labels are not numbered from 0"),
    ],
)
def test_a_file_that_is_not_what_it_is_named_is_refused(copy: Path, file: str, content: bytes) -> None:
    (copy / file).write_bytes(content)

    with pytest.raises(ModelError) as refused:
        Classifier.load(catalogue.read(str(copy)))

    assert str(copy / file) in str(refused.value)


def test_labels_that_do_not_fit_the_graph_are_refused(copy: Path) -> None:
    (copy / catalogue.CONFIG).write_text('{"id2label": {"0": "X"}}')

    with pytest.raises(ModelError, match=r"expected .* logits with 1 labels, found: .*'logits', 2"):
        Classifier.load(catalogue.read(str(copy)))
