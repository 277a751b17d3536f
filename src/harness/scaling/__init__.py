"""How throughput grows with threads: what the modes scaling-calls and scaling-tests share."""
