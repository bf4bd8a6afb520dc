"""AdamSN, RMSPropSN and AdamSNSM as eager PyTorch, with the operations the published optimizers launch.

Written from the equations, not copied. Kept on purpose: three products a step in the subspace step (project, and
map both the momentum and the projected gradient back), full-size temporaries, one bias factor on the whole step,
eps added before it, and a second moment in the gradient's dtype. Subsets are the lines along the shorter side.
"""

import math

import torch


def _line_axis(gradient):
    rows, columns = gradient.shape
    return 1 if rows >= columns else 0


class SubsetNorm:
    """Denominator: the root of a running mean of each line's sum of squares."""

    def __init__(self, beta2, eps):
        self.beta2, self.eps = beta2, eps
        self.mean = None

    def denominator(self, gradient):
        sums = torch.sum(gradient**2, dim=_line_axis(gradient), keepdim=True)
        if self.mean is None:
            self.mean = torch.zeros_like(sums)
        self.mean.mul_(self.beta2).add_(sums, alpha=1 - self.beta2)
        return self.mean.sqrt().add_(self.eps)


class NoMomentum:
    beta1 = 0.0

    def numerator(self, gradient):
        return gradient


class Momentum:
    """Numerator: a running mean of the gradient."""

    def __init__(self, beta1):
        self.beta1 = beta1
        self.mean = None

    def numerator(self, gradient):
        if self.mean is None:
            self.mean = torch.zeros_like(gradient)
        return self.mean.mul_(self.beta1).add_(gradient, alpha=1 - self.beta1)


class SubspaceMomentum:
    """Numerator: a running mean inside the span of the leading singular vectors, the gradient itself outside it."""

    def __init__(self, beta1, rank):
        self.beta1, self.rank = beta1, rank
        self.basis = self.mean = None

    def numerator(self, gradient):
        if self.basis is None:
            self.basis = self._basis(gradient)
        tall = gradient.shape[0] >= gradient.shape[1]
        inside = gradient @ self.basis.t() if tall else self.basis.t() @ gradient
        if self.mean is None:
            self.mean = torch.zeros_like(inside)
        self.mean.mul_(self.beta1).add_(inside, alpha=1 - self.beta1)
        outside = gradient - self._back(inside, tall)
        return self._back(self.mean, tall) + outside

    def _basis(self, gradient):
        left, _, right = torch.linalg.svd(gradient.float(), full_matrices=False)
        tall = gradient.shape[0] >= gradient.shape[1]
        return (right[: self.rank] if tall else left[:, : self.rank]).to(gradient.dtype)

    def _back(self, inside, tall):
        # The published projector multiplies by its scale, 1 here, in a further pass.
        return (inside @ self.basis if tall else self.basis @ inside) * 1.0


class EagerOptimizer:
    """One of the above numerators over a subset-norm denominator, parameter by parameter."""

    def __init__(self, parameters, momentum, lr=1e-4, beta2=0.999, eps=1e-6, correct_bias=True):
        self.lr, self.beta2, self.correct_bias = lr, beta2, correct_bias
        self.parts = [(p, momentum(), SubsetNorm(beta2, eps)) for p in parameters]
        self.updates = 0

    @torch.no_grad()
    def step(self):
        self.updates += 1
        for parameter, momentum, subset_norm in self.parts:
            numerator = momentum.numerator(parameter.grad)
            denominator = subset_norm.denominator(parameter.grad)
            size = self.lr
            if self.correct_bias:
                size *= math.sqrt(1 - self.beta2**self.updates) / (1 - momentum.beta1**self.updates)
            parameter.addcdiv_(numerator, denominator, value=-size)


def adam_sn(parameters, beta1=0.9, **options):
    return EagerOptimizer(parameters, lambda: Momentum(beta1), **options)


def rmsprop_sn(parameters, **options):
    return EagerOptimizer(parameters, NoMomentum, correct_bias=False, **options)


def adam_snsm(parameters, rank, beta1=0.9, **options):
    return EagerOptimizer(parameters, lambda: SubspaceMomentum(beta1, rank), **options)
