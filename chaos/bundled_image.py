"""The images of the bundled system, out of the very packages that a local cluster runs."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from chaos.image import Image
from chaos.problems import HarnessProblem

PACKAGES: Final = ("proto", "system")
RECIPE: Final = ("Dockerfile", "constraints.txt", "pyproject.toml")
INSTALLED: Final = "image"  # where a wheel has these three, in the package `system`


@cache
def bundled_image(target: str) -> Image:
    """The image that one target of the Dockerfile makes. Raises HarnessProblem where the Dockerfile is not found."""
    packages = {name: _folder(name) for name in PACKAGES}
    # A work tree, or an installation.
    for place in (packages["system"].parent, packages["system"] / INSTALLED):
        recipe = {name: place / name for name in RECIPE}
        if all(path.is_file() for path in recipe.values()):
            return Image(f"brownout/{target}", {**recipe, **packages}, target)
    raise HarnessProblem(f"no Dockerfile of the bundled system beside or in {packages['system']}; reinstall brownout")


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise HarnessProblem(f"the package {package!r} of the bundled system is not installed")
    return Path(spec.origin).parent
