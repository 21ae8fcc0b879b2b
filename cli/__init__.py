"""The command line: `./continuum`."""
