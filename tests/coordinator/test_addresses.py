"""What WORKERS may say."""

from __future__ import annotations

import pytest

from system.coordinator.addresses import Addresses, Name

READINGS = {
    "worker1:50051,worker2:50051": Addresses({"worker1": "worker1:50051", "worker2": "worker2:50051"}),
    "127.0.0.1:1,127.0.0.1:2": Addresses({"127.0.0.1:1": "127.0.0.1:1", "127.0.0.1:2": "127.0.0.1:2"}),
    "a=here:1, b=here:2,": Addresses({"a": "here:1", "b": "here:2"}),
    "six=[::1]:7": Addresses({"six": "[::1]:7"}),
    "dns:///workers:50051": Addresses({}, (Name("workers", 50051),)),
    "dns:///[::1]:5": Addresses({}, (Name("[::1]", 5),)),
    "a:1,dns:///b:2,c=d:3": Addresses({"a": "a:1", "c": "d:3"}, (Name("b", 2),)),
}


@pytest.mark.parametrize("text", READINGS)
def test_entries_of_every_form_are_read_in_any_mixture(text: str) -> None:
    read = Addresses.read(text)
    assert read == READINGS[text]
    assert Addresses.read(str(read)) == read


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = "plain,a:0,b:65536,a=b=c:1,dns:b:1,dns://server/b:1,x=dns:///b:1,dns:///" + "n" * 64 + ":1,"
    twice = "w=c:1,w=d:1,dns:///e:1,dns:///e:1"
    with pytest.raises(ValueError, match="plain") as failure:
        Addresses.read(wrong + twice)
    said = str(failure.value)
    for entry in ("'plain'", "'a:0'", "'b:65536'", "'a=b=c:1'", "'dns:b:1'", "'dns://server/b:1'", "'x=dns:///b:1'"):
        assert f"{entry} is neither host:port, id=host:port nor dns:///name:port" in said
    assert "cannot be looked up as a name" in said
    assert "'w' is there more than once" in said
    assert "'dns:///e:1' is there more than once" in said


@pytest.mark.parametrize("text", ["a=x:1,b=x:1", "x:1,b=x:1"])
def test_one_address_is_one_worker(text: str) -> None:
    with pytest.raises(ValueError, match="'x:1' has more than one id"):
        Addresses.read(text)


@pytest.mark.parametrize("text", ["", " , "])
def test_at_least_one_entry_is_needed(text: str) -> None:
    with pytest.raises(ValueError, match="at least one worker"):
        Addresses.read(text)
