"""The system under test: an inference service that runs without the harness.

coordinator/   HTTP edge, micro-batch queue, dispatch, membership, ledger
worker/        gRPC process around one model session
client/        bursty load client
models/        the embedded model and the catalogue of others

Nothing here imports the harness; the only shared ground is the wire format in `proto`.
"""
