"""How it becomes paper."""
