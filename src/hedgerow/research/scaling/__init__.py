"""Work in blocks: on this process, on many, on a cluster, with the same numbers everywhere."""
