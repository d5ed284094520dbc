"""The values of the domain: frozen, without input or output."""
