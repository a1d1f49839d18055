"""Printable patient handouts and consent forms for infusion treatment."""

__version__ = "0.1.0"
