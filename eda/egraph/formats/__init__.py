"""E-graph files: readers and writers."""
