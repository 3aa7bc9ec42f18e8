"""What the checks on embeddings stand on: where vectors come from, who leads a cluster."""
