"""The wire format as it was first: what a worker knows that was built before there were any fields from 5 up."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto
_TEXTS = (_Field.TYPE_STRING, _Field.LABEL_REPEATED)
_TEXT = (_Field.TYPE_STRING, _Field.LABEL_OPTIONAL)
_FLAG = (_Field.TYPE_BOOL, _Field.LABEL_OPTIONAL)

# The number of a field is its place, from 1.
_MESSAGES = {
    "InferRequest": {"request_ids": _TEXTS, "input_texts": _TEXTS},
    "InferResponse": {"request_ids": _TEXTS, "output_texts": _TEXTS, "worker_id": _TEXT, "success": _FLAG},
    "HealthRequest": {},
    "HealthResponse": {"ok": _FLAG, "worker_id": _TEXT},
}


def messages() -> dict[str, Any]:
    """Their classes by name, in a pool of their own: today's have the same names."""
    file = descriptor_pb2.FileDescriptorProto(name="inference.proto", package="inference", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, (field, (kind, label)) in enumerate(fields.items(), 1):
            message.field.add(name=field, number=number, type=kind, label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"inference.{name}")) for name in _MESSAGES
    }
