"""One model in memory: texts in, labels and scores out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from system.models import catalogue
from system.models.catalogue import Model, ModelError

# Where a text is cut if neither the catalogue nor tokenizer.json says.
MAX_TOKENS: Final = 128

# The tokenizer reads the whole text before it cuts it, holding the interpreter: 0.1 s at this length for the
# worst kind of text (one token per character), 4 s for a million. A longer text is refused, and only that text.
MAX_CHARACTERS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Prediction:
    """A label and its probability."""

    label: str
    score: float


class UnclassifiableTextError(ValueError):
    """This text has no answer, whoever computes it; its batch mates are not concerned."""


class Classifier:
    """An ONNX Runtime session and its tokenizer. One thread at a time."""

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, labels: tuple[str, ...]) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._labels = labels

    @classmethod
    def load(cls, model: Model) -> Self:
        """Raise ModelError if the files are not what they are named."""
        session = _session(model)
        try:
            tokenizer = Tokenizer.from_buffer(model.tokenizer)
        except Exception as error:  # the library raises nothing narrower
            raise _unusable(model, catalogue.TOKENIZER, "a tokenizer of the tokenizers library", error) from error
        tokenizer.no_padding()
        own = (tokenizer.truncation or {}).get("max_length", MAX_TOKENS)
        tokenizer.enable_truncation(model.max_tokens or own)
        return cls(session, tokenizer, model.labels)

    def classify_one(self, text: str) -> Prediction:
        """Raise UnclassifiableTextError for a text that the tokenizer refuses."""
        if len(text) > MAX_CHARACTERS:
            raise UnclassifiableTextError(f"the text has {len(text)} characters; at most {MAX_CHARACTERS} are read")
        try:
            ids = self._tokenizer.encode(text).ids
        except TypeError as error:  # not a sequence of Unicode scalar values: lone surrogates
            raise UnclassifiableTextError("the text is not valid Unicode") from error
        tokens = np.array([ids], dtype=np.int64)
        outputs = self._session.run(["logits"], {"input_ids": tokens, "attention_mask": np.ones_like(tokens)})
        probabilities = _softmax(outputs[0][0])
        best = int(np.argmax(probabilities))
        return Prediction(self._labels[best], float(probabilities[best]))

    def classify(self, texts: Iterable[str]) -> list[Prediction]:
        """Classify each text alone.

        Padding a batch to its longest text costs more on a CPU than batching saves (measured: 426 texts/s padded in
        eights, 506 one by one), and alone no answer can depend on the company it came in.
        """
        return [self.classify_one(text) for text in texts]


def _session(model: Model) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # One worker, one core: more cores are used by more workers, which also fail one at a time.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: warnings go past the logging of the process, straight to stderr
    try:
        session = onnxruntime.InferenceSession(model.graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's exceptions share no other base
        raise _unusable(model, catalogue.GRAPH, "an ONNX graph", error) from error
    inputs = sorted(each.name for each in session.get_inputs())
    outputs = [(each.name, each.shape[-1]) for each in session.get_outputs()]
    if inputs != ["attention_mask", "input_ids"] or outputs != [("logits", len(model.labels))]:
        expected = f"inputs attention_mask and input_ids, output logits with {len(model.labels)} labels"
        found = ValueError(f"inputs {inputs}, outputs with their widths {outputs}")
        raise _unusable(model, catalogue.GRAPH, expected, found)
    return session


def _unusable(model: Model, file: str, expected: str, found: Exception) -> ModelError:
    return ModelError(
        model.name, [f"{model.directory / file}: expected {expected}, found: {found}; export the model again"]
    )


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    exponentials = np.exp(logits - np.max(logits))
    return np.asarray(exponentials / exponentials.sum(), dtype=np.float32)
