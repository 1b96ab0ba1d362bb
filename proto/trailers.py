"""What a worker says beside a status, in the trailing metadata of the call."""

from typing import Final

EXECUTED: Final = "brownout-executed"

# Of a refusal: not one item of the batch was computed, so that sending it elsewhere repeats nothing. A cut connection
# and a refusal by gRPC itself bear the same status codes and lack it.
NOT_EXECUTED: Final = (EXECUTED, "no")
