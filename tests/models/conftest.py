"""The embedded model, loaded once."""

import pytest

from system.models import catalogue
from system.models.classifier import Classifier


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return Classifier.load(catalogue.read(catalogue.EMBEDDED))
