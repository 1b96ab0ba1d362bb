"""A run directory is passed around: it says where a run came from, and no secret of who ran it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from chaos.bundled import bundled
from chaos.provenance import provenance

SECRET = "a-secret-of-the-tests-1234567890"  # noqa: S105 - nobody's


def test_it_says_nothing_of_the_environment_that_the_harness_runs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_KEYS", "GITHUB_TOKEN", "LOG_HASH_KEY"):
        monkeypatch.setenv(name, SECRET)
    facts = provenance(tmp_path)
    assert set(facts) == {"versions", "git", "machine"}
    assert SECRET.encode() not in orjson.dumps(facts)


def test_of_a_node_s_environment_it_says_the_names_alone() -> None:
    system = bundled(coordinator={"API_KEYS": SECRET}, worker={"TLS_KEY": f"/{SECRET}"})
    described = orjson.dumps(system.to_json())
    assert b'"API_KEYS"' in described
    assert b'"TLS_KEY"' in described
    assert SECRET.encode() not in described
