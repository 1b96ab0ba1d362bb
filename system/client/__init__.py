"""The load client: bursts of requests over HTTP and a summary of what became of them."""
