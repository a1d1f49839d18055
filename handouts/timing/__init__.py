"""When it happens: the parts of the schedule. ``handouts.schedule`` is the way in."""
