"""The coordinator process: HTTP and gRPC are thin edges around a core that knows neither."""
