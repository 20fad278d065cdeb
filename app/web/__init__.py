"""The server around the page: routes, queue, who may come in, other programs' ways in."""
