from pathlib import Path

import pytest

from reports.detection import DetectionProblem, read_matrix

EXAMPLE = """{"bugs": [
  {"name": "answers twice", "family": "books", "caught": true, "by": ["answered_once", "books_balance"],
   "schedules": 3, "seconds": 41.5, "faults_after_shrinking": 1},
  {"name": "never ejects", "family": "a membership", "caught": false, "by": []}
]}"""


def test_bugs_are_listed_by_family_with_what_caught_them(tmp_path: Path) -> None:
    (tmp_path / "matrix.json").write_text(EXAMPLE)
    matrix = read_matrix(tmp_path / "matrix.json")
    assert [bug.name for bug in matrix.bugs] == ["never ejects", "answers twice"]
    assert matrix.invariants == ("answered_once", "books_balance")
    assert matrix.caught == 1
    assert (matrix.bugs[0].schedules, matrix.bugs[1].seconds) == (None, 41.5)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"bugs": [{"name": "x"}]}', None])
def test_what_is_no_matrix_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "matrix.json").write_text(content)
    with pytest.raises(DetectionProblem, match=r"matrix\.json"):
        read_matrix(tmp_path / "matrix.json")
