"""What a worker says beside an answer or a status, in the metadata of the call."""

from typing import Final

EXECUTED: Final = "brownout-executed"

# Of a refusal: not one item of the batch was computed, so that sending it elsewhere repeats nothing. A cut connection
# and a refusal by gRPC itself bear the same status codes and lack it.
NOT_EXECUTED: Final = (EXECUTED, "no")

# In the initial metadata, as soon as a batch's turn has come: from here on its texts are computed, and before they were
# not. Whoever loses a worker without having heard it knows that it did not die of this batch.
BEGUN: Final = ("brownout-begun", "yes")
