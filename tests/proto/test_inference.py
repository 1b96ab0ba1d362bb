"""The numbers of the contract, and peers that speak only the first four fields."""

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from proto import inference_pb2


def original(kind: str) -> type[message.Message]:
    """A message as a peer knows it that was built before fields 5 and up."""
    file = descriptor_pb2.FileDescriptorProto()
    inference_pb2.DESCRIPTOR.CopyToProto(file)
    (known,) = (each for each in file.message_type if each.name == kind)
    fields = [field for field in known.field if field.number <= 4]
    del known.field[:]
    known.field.extend(fields)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"inference.{kind}"))


@pytest.fixture
def original_response() -> type[message.Message]:
    return original("InferResponse")


def test_the_original_field_numbers_are_fixed() -> None:
    def numbers(kind: type[message.Message]) -> dict[str, int]:
        return {field.name: field.number for field in kind.DESCRIPTOR.fields}

    assert numbers(inference_pb2.InferRequest) == {
        "request_ids": 1,
        "input_texts": 2,
        "time_remaining_s": 5,
        "traceparents": 6,
    }
    assert numbers(inference_pb2.InferResponse) == {
        "request_ids": 1,
        "output_texts": 2,
        "worker_id": 3,
        "success": 4,
        "scores": 5,
        "errors": 6,
    }
    assert numbers(inference_pb2.HealthResponse) == {"ok": 1, "worker_id": 2, "instance_id": 5, "crash_rate": 6}


def test_a_peer_of_the_original_contract_reads_a_newer_answer(original_response: type[message.Message]) -> None:
    newer = inference_pb2.InferResponse(
        request_ids=["a"], output_texts=["POSITIVE"], worker_id="w", success=True, scores=[0.9], errors=[""]
    )

    read = original_response.FromString(newer.SerializeToString())

    assert {field.name: value for field, value in read.ListFields()} == {
        "request_ids": ["a"],
        "output_texts": ["POSITIVE"],
        "worker_id": "w",
        "success": True,
    }


def test_an_answer_of_the_original_contract_is_read_with_empty_details(
    original_response: type[message.Message],
) -> None:
    older = original_response(request_ids=["a"], output_texts=["NEGATIVE"], worker_id="w", success=True)

    read = inference_pb2.InferResponse.FromString(older.SerializeToString())

    assert list(read.output_texts) == ["NEGATIVE"]
    assert list(read.scores) == []
    assert list(read.errors) == []


def test_a_peer_of_the_original_contract_reads_a_newer_batch() -> None:
    newer = inference_pb2.InferRequest(
        request_ids=["a"], input_texts=["a joy"], time_remaining_s=[1.5], traceparents=["00-aa-bb-01"]
    )

    read = original("InferRequest").FromString(newer.SerializeToString())

    assert {field.name: value for field, value in read.ListFields()} == {"request_ids": ["a"], "input_texts": ["a joy"]}


def test_a_batch_of_the_original_contract_bounds_and_traces_no_item() -> None:
    older = original("InferRequest")(request_ids=["a"], input_texts=["a joy"])

    read = inference_pb2.InferRequest.FromString(older.SerializeToString())

    assert list(read.input_texts) == ["a joy"]
    assert (list(read.time_remaining_s), list(read.traceparents)) == ([], [])


def test_a_peer_of_the_original_contract_reads_a_newer_health() -> None:
    newer = inference_pb2.HealthResponse(ok=True, worker_id="w", instance_id="5f")

    read = original("HealthResponse").FromString(newer.SerializeToString())

    assert {field.name: value for field, value in read.ListFields()} == {"ok": True, "worker_id": "w"}
