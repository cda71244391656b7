"""Where numbers of a session come from: quotes, vendors' files, brokers, a replay of the past."""
