"""The published optimizers themselves, run from checkouts of github.com/timmytonga/sn-sm and IST-DASLab/LDAdam.

LEAN_OPTIM_SNSM and LEAN_OPTIM_LDADAM name their folders; nothing of them is part of this repository. sn-sm imports
transformers for a version check alone, so where that package is missing a stand-in answers the check; torch and
numpy are enough.
"""

import contextlib
import importlib.util
import os
import pathlib
import sys
import types

_NEVER = 10**9


def _checkout(variable, file):
    named = os.environ.get(variable)
    if named and (pathlib.Path(named) / file).is_file():
        return named
    return None


def folder():
    return _checkout("LEAN_OPTIM_SNSM", "GenericOptim.py")


def ldadam_folder():
    return _checkout("LEAN_OPTIM_LDADAM", "ldadamw_torch/ldadamw.py")


def _stand_in_for_version_check():
    if importlib.util.find_spec("transformers") is not None:
        return
    for name in ("transformers", "transformers.utils", "transformers.utils.versions"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["transformers.utils.versions"].require_version = lambda *_: None


def _generic_optim():
    if "GenericOptim" not in sys.modules:
        if folder() is None:
            raise RuntimeError("LEAN_OPTIM_SNSM does not name a checkout of timmytonga/sn-sm")
        _stand_in_for_version_check()
        sys.path.append(folder())
    from GenericOptim import GenericOptim

    return GenericOptim


def _make(parameters, group, betas, momentum, correct_bias, lr=1e-4, eps=1e-6):
    optimizer = _generic_optim()
    with contextlib.redirect_stdout(sys.stderr):
        return optimizer(
            [{"params": parameters, "subset_size": "heuristics", **group}],
            lr=lr,
            betas=betas,
            eps=eps,
            correct_bias=correct_bias,
            momentum_type=momentum,
            second_moment_type="sn",
        )


def adam_sn(parameters, **options):
    return _make(parameters, {}, (0.9, 0.999), "ema", True, **options)


def rmsprop_sn(parameters, **options):
    return _make(parameters, {}, (0.0, 0.999), "none", False, **options)


def adam_snsm(parameters, rank, **options):
    group = {"rank": rank, "proj_type": "svd", "update_proj_gap": _NEVER}
    return _make(parameters, group, (0.9, 0.999), "sm", True, **options)


class _FreshGradients:
    """LDAdam keeps its error in the gradient, to which the backward pass adds the next one."""

    def __init__(self, optimizer, parameters):
        self.step = optimizer.step
        self.parameters = [(p, p.grad.clone()) for p in parameters]

    def prepare(self):
        for parameter, fresh in self.parameters:
            parameter.grad.add_(fresh)


def ldadam(parameters, rank, lr=1e-4):
    if ldadam_folder() is None:
        raise RuntimeError("LEAN_OPTIM_LDADAM does not name a checkout of IST-DASLab/LDAdam")
    sys.path.append(ldadam_folder())
    from ldadamw_torch.ldadamw import LDAdamW

    group = {"params": parameters, "enable_lowrank": True, "rank": rank}
    return _FreshGradients(LDAdamW([group], lr=lr), parameters)
