"""Serves the Python peers to the benchmark runner: one JSON object a line, in and out.

The runner owns the order of work. It opens a few cases, then asks for one sample of each in turn, and nothing
here runs between two requests; every sample is timed in this process, so the pipe costs nothing.

    {"op": "about", "threads": 2}
    {"op": "open", "peer": "torch", "arguments": {...}, "shapes": [[4096, 4096]], "dtype": "float32"}
    {"op": "sample", "case": 1, "steps": 1}
    {"op": "distance", "case": 1, "other": 2}
    {"op": "basis", "file": "...", "n": 4096, "rank": 1024, "method": "svd", "driver": "gesvd", "device": "cuda"}
    {"op": "close", "case": 1}
"""

import gc
import json
import os
import platform
import sys

import torch

import bases
import peers
import published
from case import Case

_cases = {}
_last = 0


def about(threads):
    torch.set_num_threads(threads)
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "isa": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "published": published.folder() is not None,
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "cuda": torch.version.cuda,
        "ldadam": published.ldadam_folder() is not None,
    }


def open_case(peer, shapes, dtype, arguments, device="cpu"):
    global _last
    _last += 1
    _cases[_last] = Case(peers.named(peer), shapes, dtype, arguments, device)
    return {"case": _last}


def sample(case, steps):
    return {"ms": _cases[case].time(steps)}


def distance(case, other):
    return {"distance": _cases[case].distance(_cases[other])}


def close(case):
    del _cases[case]
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return {}


_OPERATIONS = {
    "about": about,
    "open": open_case,
    "sample": sample,
    "distance": distance,
    "basis": bases.measure,
    "close": close,
}


def main():
    # Published code prints; the pipe must carry answers only.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    sys.stdout = sys.stderr
    gc.disable()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = _OPERATIONS[request.pop("op")](**request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
