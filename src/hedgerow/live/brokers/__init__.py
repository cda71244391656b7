"""Who trades: paper, by the rules of the engine, or Interactive Brokers."""
