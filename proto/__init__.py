"""The wire format between coordinator and workers.

inference.proto         the contract; start here
trailers.py             what a refusal says beside its status
inference_pb2*.py(i)    stubs generated from it and committed, so that running the system needs no compiler
generate.py             `python -m proto.generate` writes the stubs anew, `--check` says whether they are fresh
"""
