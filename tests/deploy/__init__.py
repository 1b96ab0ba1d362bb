"""What is deployed with this project's files: `manifests` reads them, `test_kubernetes` and `test_stack` hold them."""
