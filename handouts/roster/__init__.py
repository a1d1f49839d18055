"""Rosters: files with many orders, read row by row; see :mod:`handouts.roster.reading` and ``.orders``."""
