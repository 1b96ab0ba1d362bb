"""The manifests are what Kubernetes takes, and say of our programs what is so."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of its own way to its own files
    import kubernetes_validate

from system.coordinator.settings import CoordinatorSettings
from system.worker.settings import WorkerSettings
from tests.deploy.manifests import KUBERNETES, OLDEST, ROOT, Manifest, Program, built, documents, programs, written

FOLDERS: Final = ("base", "overlays/autoscaled")
SETTINGS: Final[dict[str, type[CoordinatorSettings | WorkerSettings]]] = {
    "coordinator": CoordinatorSettings,
    "worker": WorkerSettings,
}
PROGRAMS: Final = programs()
VERSIONS: Final = (OLDEST, ".".join(kubernetes_validate.latest_version().split(".")[:2]))

needs_kustomize = pytest.mark.skipif(
    shutil.which("kustomize") is None,
    reason="kustomize is not installed: go install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1",
)


def objects(of: Iterable[Manifest], kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in of if each["kind"] == kind}


def matches(selector: Mapping[str, str], program: Program) -> bool:
    return selector.items() <= program.labels.items()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_manifest_is_what_the_api_takes(folder: str, version: str) -> None:
    manifests = written(folder)
    assert manifests
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schema_is_strict() -> None:
    deployment = dict(PROGRAMS["worker"].deployment) | {"spce": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, OLDEST, strict=True)


@needs_kustomize
@pytest.mark.parametrize("folder", FOLDERS)
def test_what_kustomize_puts_together_is_what_the_api_takes(folder: str) -> None:
    manifests = built(folder)
    for manifest in manifests:
        for version in VERSIONS:
            kubernetes_validate.validate(manifest, version, strict=True)
    deployments = objects(manifests, "Deployment")
    autoscaled = {each["spec"]["scaleTargetRef"]["name"] for each in manifests if "Autoscaler" in each["kind"]}
    # Who is scaled by the autoscaler has no number of its own that would be set back at each apply.
    assert {name for name, each in deployments.items() if "replicas" not in each["spec"]} == autoscaled
    assert autoscaled == ({"worker"} if folder != "base" else set())
    selectors = {name: each["spec"]["selector"]["matchLabels"] for name, each in deployments.items()}
    assert all(matches(selector, Program(deployments[name])) for name, selector in selectors.items())


def test_every_file_is_in_use() -> None:
    used = {KUBERNETES / folder / name for folder in FOLDERS for name in _named(folder)}
    apart = {KUBERNETES / "overlays" / "autoscaled" / "prometheus-adapter.yaml"}
    assert set(KUBERNETES.rglob("*.yaml")) == used | apart | {KUBERNETES / f / "kustomization.yaml" for f in FOLDERS}


def _named(folder: str) -> list[str]:
    (one,) = documents(KUBERNETES / folder / "kustomization.yaml")
    return [name for name in one["resources"] if name.endswith(".yaml")]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_told_settings_that_it_has(name: str) -> None:
    program, settings = PROGRAMS[name], SETTINGS[name]
    assert {each.lower() for each in program.settings} <= settings.model_fields.keys()
    settings.model_validate({key.lower(): value for key, value in program.settings.items() if value is not None})


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_has_the_time_to_drain(name: str) -> None:
    program = PROGRAMS[name]
    drain_s = float(program.settings["DRAIN_TIMEOUT"] or 0)
    leaving_s = program.container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert drain_s == SETTINGS[name].model_fields["drain_timeout"].default
    assert leaving_s > 0
    assert program.pod["terminationGracePeriodSeconds"] >= leaving_s + drain_s + 5


@pytest.mark.parametrize("name", PROGRAMS)
def test_nobody_is_root_and_nothing_can_be_written_but_a_little_memory(name: str) -> None:
    program = PROGRAMS[name]
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"USER {program.pod['securityContext']['runAsUser']}:" in dockerfile
    assert program.pod["securityContext"]["runAsNonRoot"] is True
    assert program.pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert program.pod["automountServiceAccountToken"] is False
    assert program.container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert all(volume["emptyDir"]["medium"] == "Memory" for volume in program.pod["volumes"])
    assert program.container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_asked_where_it_listens_and_what_it_answers(name: str) -> None:
    program = PROGRAMS[name]
    default = SETTINGS[name].model_fields["port"].default
    listens = int(program.settings.get("PORT") or default)
    assert listens in program.ports.values()
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = program.container[probe]
        if "grpc" in asked:
            assert asked["grpc"]["port"] == listens
        else:
            assert program.ports[asked["httpGet"]["port"]] == listens
            assert asked["httpGet"]["path"] in {"/readyz", "/healthz"}
    # A coordinator without a worker is alive: it must not be killed for that, and answers what waits once one is there.
    assert program.container["livenessProbe"] != program.container["readinessProbe"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_kills_a_program_while_it_starts_asks_no_more_than_what_kills_it_later(name: str) -> None:
    """Asked for more at the start, a coordinator without a worker would be killed again and again."""
    starting, later = (PROGRAMS[name].container[probe] for probe in ("startupProbe", "livenessProbe"))
    assert starting.get("httpGet") == later.get("httpGet")
    assert starting.get("grpc") == later.get("grpc")


def test_workers_are_found_by_the_headless_service() -> None:
    service = objects(written("base"), "Service")["worker"]
    worker = PROGRAMS["worker"]
    assert service["spec"]["clusterIP"] == "None"
    assert matches(service["spec"]["selector"], worker)
    (port,) = service["spec"]["ports"]
    assert worker.ports[port["targetPort"]] == port["port"]
    assert PROGRAMS["coordinator"].settings["WORKERS"] == f"dns:///worker:{port['port']}"


def test_a_disruption_leaves_somebody_to_serve() -> None:
    budgets = objects(written("base"), "PodDisruptionBudget")
    assert budgets.keys() == PROGRAMS.keys()
    for name, budget in budgets.items():
        replicas, spec = PROGRAMS[name].deployment["spec"]["replicas"], budget["spec"]
        assert matches(spec["selector"]["matchLabels"], PROGRAMS[name])
        least = spec.get("minAvailable", replicas - spec.get("maxUnavailable", 0))
        assert 0 < least < replicas, "a budget that allows nothing keeps machines from being emptied"


def test_only_coordinators_reach_workers() -> None:
    policies = objects(written("base"), "NetworkPolicy")
    assert policies.keys() == PROGRAMS.keys()
    ports = PROGRAMS["worker"].ports
    reached: dict[Any, list[Any]] = {
        ports[rule["ports"][0]["port"]]: rule["from"] for rule in policies["worker"]["spec"]["ingress"]
    }
    (only,) = reached[50051]
    assert only.keys() == {"podSelector"}
    assert matches(only["podSelector"]["matchLabels"], PROGRAMS["coordinator"])
    assert "egress" not in policies["worker"]["spec"]
    out = policies["coordinator"]["spec"]["egress"]
    assert {port["port"] for rule in out for port in rule["ports"]} == {50051, 53}


def test_the_autoscaler_asks_for_what_the_coordinator_tells() -> None:
    (autoscaler,) = written("overlays/autoscaled")
    (metric,) = (each["external"]["metric"]["name"] for each in autoscaler["spec"]["metrics"] if "external" in each)
    documented = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| `{metric}` \| gauge \|", documented, re.MULTILINE)
    (rules,) = documents(KUBERNETES / "overlays" / "autoscaled" / "prometheus-adapter.yaml")
    (rule,) = rules["externalRules"]
    assert rule["seriesQuery"].startswith(metric)
    assert autoscaler["spec"]["scaleTargetRef"]["name"] in PROGRAMS
    # Two batches for each worker.
    size = int(PROGRAMS["coordinator"].settings["BATCH_SIZE"] or 0)
    (target,) = (each["external"]["target"] for each in autoscaler["spec"]["metrics"] if "external" in each)
    assert target == {"type": "AverageValue", "averageValue": str(2 * size)}
