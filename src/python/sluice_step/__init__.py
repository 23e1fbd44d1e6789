"""How one attempt of a step runs on this machine. Standard library only, Python 3.8 or newer."""
