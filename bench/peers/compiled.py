"""AdamSNSM as torch.compile makes it, in one CUDA graph: the least arithmetic, written in PyTorch.

A step needs one projection and one map back, 4mnr operations: with R = proj(G) and M the new momentum,
back(M) + (G - back(R)) = G + back(M - R). The published code, and bench/peers/eager.py, map back twice.
"""

import torch


class _Matrix:
    def __init__(self, parameter, rank):
        rows, columns = parameter.shape
        self.tall = rows >= columns
        basis = torch.randn(min(rows, columns), rank, device=parameter.device)
        self.basis = torch.linalg.qr(basis)[0].to(parameter.dtype)
        self.mean = torch.zeros_like(self.project(parameter.grad))
        self.squares = torch.zeros(max(rows, columns), device=parameter.device)

    def project(self, gradient):
        return gradient @ self.basis if self.tall else self.basis.t() @ gradient

    def back(self, inside):
        return inside @ self.basis.t() if self.tall else self.basis @ inside

    def step(self, parameter, gradient, beta1, beta2, eps, correction, size):
        inside = self.project(gradient)
        mean = torch.lerp(inside, self.mean, beta1)
        self.mean.copy_(mean)
        sums = gradient.float().square().sum(dim=1 if self.tall else 0)
        squares = torch.lerp(sums, self.squares, beta2)
        self.squares.copy_(squares)
        denominator = (squares.sqrt() + eps).unsqueeze(1 if self.tall else 0)
        numerator = gradient + self.back(mean / correction - inside)
        parameter.sub_((size * numerator / denominator).to(parameter.dtype))


class Compiled:
    """The matrices of one layer; a step is one replay of one graph (on a CPU one compiled call)."""

    def __init__(self, parameters, rank, lr=1e-6, betas=(0.9, 0.999), eps=1e-8):
        self.pairs = [(_Matrix(p, min(rank, *p.shape)), p) for p in parameters if p.dim() == 2]
        self.betas, self.eps = betas, eps
        device = parameters[0].device
        # On the device, so that a replay sees later steps' values.
        self.correction = torch.tensor(1 - betas[0], device=device)
        self.size = torch.tensor(lr, device=device)
        run = torch.compile(self._all, fullgraph=True, dynamic=False)
        with torch.no_grad():
            self.replay = self._graph(run) if device.type == "cuda" else run

    def _all(self):
        beta1, beta2 = self.betas
        for matrix, parameter in self.pairs:
            matrix.step(parameter, parameter.grad, beta1, beta2, self.eps, self.correction, self.size)

    def _graph(self, run):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                run()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            run()
        return graph.replay

    @torch.no_grad()
    def step(self):
        self.replay()


def adam_snsm(parameters, rank, **options):
    return Compiled(parameters, rank, **options)
