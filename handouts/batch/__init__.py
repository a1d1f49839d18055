"""A roster in, packets out: files, journal, manifest, and what goes to the printer."""
