"""What an attempt used: CPU seconds of the script and of its processes that have ended, and the highest memory of one.

Linux takes a process's own peak from /proc, since getrusage counts what the process was before its exec as well. A
process that is still running when the attempt ends is not counted: nobody has waited for it.
"""
import os
import sys
import time


def resource_use():
    """{"cpuSeconds", "peakMemoryBytes"}; the memory is None where the platform does not tell it."""
    times = os.times()
    children = times.children_user + times.children_system
    peaks = [_own_peak(), _peak_of_children() if children > 0 else None]
    known = [peak for peak in peaks if peak]
    return {
        "cpuSeconds": round(time.process_time() + children, 3),
        "peakMemoryBytes": max(known) if known else None,
    }


def _own_peak():
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return _windows_peak() if os.name == "nt" else _rusage_peak("RUSAGE_SELF")


def _peak_of_children():
    return None if os.name == "nt" else _rusage_peak("RUSAGE_CHILDREN")


def _rusage_peak(who):
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(getattr(resource, who)).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _windows_peak():
    import ctypes

    class Counters(ctypes.Structure):
        _fields_ = [("cb", ctypes.c_uint32), ("page_faults", ctypes.c_uint32)] + [
            (name, ctypes.c_size_t)
            for name in "peak_set set paged_peak paged nonpaged_peak nonpaged pagefile peak_pagefile".split()
        ]

    counters = Counters(cb=ctypes.sizeof(Counters))
    kernel = ctypes.windll.kernel32
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    if kernel.K32GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb):
        return counters.peak_set
    return None
