"""What histories call the things that a fault can hit: nodes, edges, sets of edges."""

from collections.abc import Iterable
from typing import Final

ARROW: Final = "→"
AND: Final = "+"  # in the name of a set of edges


def target_name(name: str) -> str:
    """A node's or an edge's name as histories have it; `->` may stand for the arrow, with blanks around it.

    Several edges that a fault hits as one have a name too, which is made of theirs: "a→b + a→c".
    """
    return joined(ARROW.join(end.strip() for end in part.replace("->", ARROW).split(ARROW)) for part in name.split(AND))


def joined(names: Iterable[str]) -> str:
    """The name of a set of edges."""
    return f" {AND} ".join(names)


def target_parts(target: str) -> tuple[str, ...]:
    """The names in the name of a set of edges; of any other, only itself."""
    return tuple(part.strip() for part in target.split(AND))
