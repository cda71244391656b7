"""The layered VIX hedge (ALVH): its rules from one file, its lines, and its state over history."""
