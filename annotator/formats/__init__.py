"""The contract and the shared logic of importers and exporters."""
