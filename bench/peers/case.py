"""One peer on one set of tensors: parameters, fixed gradients, and the clock around its steps."""

import time

import torch


def _parameters(shapes, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)
    parameters = []
    for shape in shapes:
        parameter = torch.nn.Parameter(torch.empty(shape).normal_(0, 0.02, generator=generator).to(dtype))
        parameter.grad = torch.empty(shape).normal_(0, 1e-3, generator=generator).to(dtype)
        parameters.append(parameter)
    return parameters


class Case:
    def __init__(self, make, shapes, dtype, arguments):
        self.parameters = _parameters(shapes, getattr(torch, dtype))
        self.optimizer = make(self.parameters, arguments)
        self.optimizer.step()  # makes the state, and the basis where there is one

    def time(self, steps):
        """Milliseconds a step, over `steps` of them."""
        prepare = getattr(self.optimizer, "prepare", lambda: None)  # what a backward pass does
        spent = 0
        for _ in range(steps):
            prepare()
            start = time.perf_counter_ns()
            self.optimizer.step()
            spent += time.perf_counter_ns() - start
        return spent / 1e6 / steps

    def distance(self, other):
        """How far the parameters lie from another case's, relative to how far they moved from its start."""
        starts = _parameters([p.shape for p in self.parameters], self.parameters[0].dtype)
        apart = sum((a - b).float().norm() ** 2 for a, b in zip(self.parameters, other.parameters))
        moved = sum((a - b).float().norm() ** 2 for a, b in zip(self.parameters, starts))
        return (apart / moved).sqrt().item()
