"""Electronic mail: handing letters to a server."""
