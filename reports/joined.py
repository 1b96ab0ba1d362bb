"""Things by the id of the request that they are of, of which there should be one each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Joined(Generic[T]):
    """`first` has one for each id; `several` has all, of those ids that have more than one."""

    first: Mapping[str, T]
    several: Mapping[str, Sequence[T]]

    @classmethod
    def of(cls, ids: Sequence[str], items: Sequence[T]) -> Joined[T]:
        """Items, each of the id at its place. Raises ValueError where they are not as many."""
        first = dict(zip(ids, items, strict=True))
        several: dict[str, list[T]] = {}
        if len(first) == len(items):
            return cls(first, several)
        first.clear()  # a dict keeps the last
        for request_id, item in zip(ids, items, strict=True):
            if request_id in first:
                several.setdefault(request_id, [first[request_id]]).append(item)
            else:
                first[request_id] = item
        return cls(first, several)

    def all(self, request_id: str) -> Sequence[T]:
        if (several := self.several.get(request_id)) is not None:
            return several
        one = self.first.get(request_id)
        return () if one is None else (one,)
