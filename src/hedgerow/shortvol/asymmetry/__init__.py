"""How implied volatility answers the index: more to falls than to rises, by tenor and strike."""
