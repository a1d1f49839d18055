"""Forms that are kept: the user's shelf, editions, and what a finished PDF says of its form."""
