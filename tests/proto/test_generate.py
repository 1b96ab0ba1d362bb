"""The committed stubs belong to the committed contract."""

from pathlib import Path

from proto import generate


def test_the_committed_stubs_are_fresh() -> None:
    assert generate.stale(generate.PACKAGE) == []


def test_a_changed_contract_makes_the_stubs_stale(tmp_path: Path) -> None:
    for stub in generate.PACKAGE.glob("inference_pb2*"):
        (tmp_path / stub.name).write_bytes(stub.read_bytes())
    contract = (generate.PACKAGE / generate.SOURCE).read_text()
    (tmp_path / generate.SOURCE).write_text(contract.replace("bool ok = 1;", "bool ok = 7;"))

    assert generate.stale(tmp_path) == ["inference_pb2.py"]


def test_a_missing_stub_is_named(tmp_path: Path) -> None:
    (tmp_path / generate.SOURCE).write_bytes((generate.PACKAGE / generate.SOURCE).read_bytes())
    for stub in generate.PACKAGE.glob("inference_pb2*"):
        if stub.name != "inference_pb2_grpc.pyi":
            (tmp_path / stub.name).write_bytes(stub.read_bytes())

    assert generate.stale(tmp_path) == ["inference_pb2_grpc.pyi"]
