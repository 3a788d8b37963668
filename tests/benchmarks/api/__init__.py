"""What the API costs over HTTP: a server process, a load process, and the same load on a bare program."""
