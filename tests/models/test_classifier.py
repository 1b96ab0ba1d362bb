"""What the classifier promises whatever the text."""

import pytest

from system.models.classifier import MAX_CHARACTERS, MAX_TOKENS, Classifier, UnclassifiableTextError

HOSTILE = {
    "empty": "",
    "blank": " \t\n",
    "ten thousand characters": "good " * 2000,
    "the longest that is read": "x" * MAX_CHARACTERS,
    "emoji": "🎬👩‍👩‍👧‍👦🏳️‍🌈",
    "NUL": "good\0film",
    "right to left": "\u202eفيلم رائع\u202c",
    "combining marks": "e" + "\u0301" * 500,
    "unassigned": "\U0010ffff\ufffe",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_has_an_answer(classifier: Classifier, text: str) -> None:
    prediction = classifier.classify_one(text)

    assert prediction.label in {"NEGATIVE", "POSITIVE"}
    assert 0.5 <= prediction.score <= 1


def test_what_stands_behind_the_last_token_read_changes_nothing(classifier: Classifier) -> None:
    read = "terrible " * MAX_TOKENS

    assert classifier.classify_one(read + "wonderful " * 500) == classifier.classify_one(read)


def test_a_text_is_answered_the_same_in_any_company(classifier: Classifier) -> None:
    texts = ["a joy", "dull " * 100, "", "a joy"]

    assert classifier.classify(texts) == [classifier.classify_one(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("x" * (MAX_CHARACTERS + 1), f"{MAX_CHARACTERS + 1} characters", id="too long"),
        pytest.param("a \ud800 film", "not valid Unicode", id="lone surrogate"),
    ],
)
def test_a_text_without_an_answer_says_why(classifier: Classifier, text: str, reason: str) -> None:
    with pytest.raises(UnclassifiableTextError, match=reason):
        classifier.classify_one(text)
