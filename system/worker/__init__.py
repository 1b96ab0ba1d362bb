"""The worker process: one model session behind gRPC."""
