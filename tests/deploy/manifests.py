"""The manifests as they are written, and as kustomize puts them together where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parent.parent.parent
KUBERNETES: Final = ROOT / "deploy" / "kubernetes"
OLDEST: Final = "1.30"
"""What the documentation asks for: preStop can sleep by itself from there on."""
Manifest = Mapping[str, Any]


def written(folder: str) -> tuple[Manifest, ...]:
    """Every document that the kustomization of this folder names, before anything is patched."""
    named: Sequence[str] = kustomization(folder)["resources"]
    return tuple(
        document for name in named if name.endswith(".yaml") for document in documents(KUBERNETES / folder / name)
    )


def built(folder: str) -> tuple[Manifest, ...]:
    """What `kustomize build` makes of it."""
    kustomize = shutil.which("kustomize")
    assert kustomize is not None
    done = subprocess.run(
        [kustomize, "build", str(KUBERNETES / folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def kustomization(folder: str) -> Manifest:
    (one,) = documents(KUBERNETES / folder / "kustomization.yaml")
    return one


def documents(path: Path) -> Iterator[Manifest]:
    yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Program:
    """One Deployment of ours and what it runs."""

    deployment: Manifest

    @property
    def name(self) -> str:
        return str(self.deployment["metadata"]["name"])

    @property
    def pod(self) -> Manifest:
        spec: Manifest = self.deployment["spec"]["template"]["spec"]
        return spec

    @property
    def labels(self) -> Manifest:
        labels: Manifest = self.deployment["spec"]["template"]["metadata"]["labels"]
        return labels

    @property
    def container(self) -> Manifest:
        (only,) = self.pod["containers"]
        container: Manifest = only
        return container

    @property
    def settings(self) -> dict[str, str | None]:
        """None where the value is the cluster's to give."""
        return {each["name"]: each.get("value") for each in self.container["env"]}

    @property
    def ports(self) -> dict[str, int]:
        return {each["name"]: each["containerPort"] for each in self.container["ports"]}


def programs() -> dict[str, Program]:
    found = (Program(each) for each in written("base") if each["kind"] == "Deployment")
    return {program.name: program for program in found}
