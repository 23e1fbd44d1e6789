"""Starts one attempt of a step: python sluice_supervisor.py <attempt folder>. The rules are in sluice_step/supervise.py.

Nothing else stands here because the file named on a command line is compiled anew at every start; imports are not.
"""
import sys

if __name__ == "__main__":
    from sluice_step.supervise import supervise

    if len(sys.argv) != 2:
        sys.exit("usage: python sluice_supervisor.py <attempt folder>")
    supervise(sys.argv[1])
