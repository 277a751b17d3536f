"""What the stress modes share: children that may crash or hang, teams of threads, oracles, replay."""
