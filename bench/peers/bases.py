"""A basis of a gradient's leading singular subspace by torch.linalg: how long it takes and what it captures."""

import array
import time

import torch

_gradients = {}


def _gradient(file, n, device):
    """n x n float32 from a file; the last one is kept."""
    if file not in _gradients:
        _gradients.clear()
        values = array.array("f")
        with open(file, "rb") as stream:
            values.fromfile(stream, n * n)
        _gradients[file] = torch.frombuffer(values, dtype=torch.float32).reshape(n, n).to(device)
    return _gradients[file]


def _svd(gradient, rank, driver):
    options = {} if driver is None else {"driver": driver}
    _, _, right = torch.linalg.svd(gradient, full_matrices=False, **options)
    return right[:rank].t()


def _eigh(gradient, rank, _):
    _, vectors = torch.linalg.eigh(gradient.t() @ gradient)
    return vectors[:, -rank:]


_METHODS = {"svd": _svd, "eigh": _eigh}


def measure(file, n, rank, method, driver=None, samples=3, device="cpu"):
    """Milliseconds (the median) and the share of the gradient's energy that the basis captures."""
    gradient = _gradient(file, n, device)
    times = []
    for _ in range(samples + 1):
        if device == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter_ns()
        basis = _METHODS[method](gradient, rank, driver)
        if device == "cuda":
            torch.cuda.synchronize()
        times.append((time.perf_counter_ns() - start) / 1e6)
        if times[-1] > 20_000:  # a minute for one number is enough
            break
    kept = sorted(times[1:] or times)
    double = gradient.double()
    energy = ((double @ basis.double()).square().sum() / double.square().sum()).item()
    return {"ms": kept[len(kept) // 2], "samples": len(kept), "energy": energy}
