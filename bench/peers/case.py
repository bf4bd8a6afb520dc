"""One peer on one set of tensors: parameters, fixed gradients, and the clock around its steps."""

import contextlib
import time

import torch


def _parameters(shapes, dtype, device="cpu", seed=0):
    generator = torch.Generator(device).manual_seed(seed)

    def noise(shape, deviation):
        return torch.empty(shape, device=device).normal_(0, deviation, generator=generator).to(dtype)

    parameters = []
    for shape in shapes:
        parameter = torch.nn.Parameter(noise(shape, 0.02))
        parameter.grad = noise(shape, 1e-3)
        parameters.append(parameter)
    return parameters


def _random_factors(matrix, full_matrices=True):
    """Orthonormal factors of the right shapes in the place of singular vectors: what a step costs is the same."""
    rows, columns = matrix.shape
    count = min(rows, columns)
    left, _ = torch.linalg.qr(torch.randn(rows, count, device=matrix.device))
    right, _ = torch.linalg.qr(torch.randn(columns, count, device=matrix.device))
    return left, torch.ones(count, device=matrix.device), right.t()


@contextlib.contextmanager
def _without_factorizations(device):
    """On a GPU singular vectors of a whole model take minutes, and of a step's time they are no part."""
    if device == "cpu":
        yield
        return
    svd = torch.linalg.svd
    torch.linalg.svd = _random_factors
    try:
        yield
    finally:
        torch.linalg.svd = svd


class Case:
    def __init__(self, make, shapes, dtype, arguments, device="cpu"):
        self.parameters = _parameters(shapes, getattr(torch, dtype), device)
        self.device = device
        self.optimizer = make(self.parameters, arguments)
        with _without_factorizations(device):
            self.optimizer.step()  # makes the state, and the basis where there is one

    def time(self, steps):
        """Milliseconds a step, over `steps` of them; on a GPU by its own events."""
        if self.device == "cuda":
            return self._time_by_events(steps)
        prepare = getattr(self.optimizer, "prepare", lambda: None)  # what a backward pass does
        spent = 0
        for _ in range(steps):
            prepare()
            start = time.perf_counter_ns()
            self.optimizer.step()
            spent += time.perf_counter_ns() - start
        return spent / 1e6 / steps

    def _time_by_events(self, steps):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(steps):
            self.optimizer.step()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) / steps

    def distance(self, other):
        """How far the parameters lie from another case's, relative to how far they moved from its start."""
        starts = _parameters([p.shape for p in self.parameters], self.parameters[0].dtype, self.device)
        apart = sum((a - b).float().norm() ** 2 for a, b in zip(self.parameters, other.parameters))
        moved = sum((a - b).float().norm() ** 2 for a, b in zip(self.parameters, starts))
        return (apart / moved).sqrt().item()
