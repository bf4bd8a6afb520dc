"""The peers by name. Each takes the parameters and a dictionary of arguments, and answers an object with step()."""

import torch

import compiled
import eager
import published


def _torch(parameters, arguments):
    """Any of torch.optim's own: {"optimizer": "AdamW", "fused": true, ...}."""
    options = dict(arguments)
    return getattr(torch.optim, options.pop("optimizer"))(parameters, **options)


class _Svd:
    """What published projectors refresh a basis by."""

    def __init__(self, parameters):
        self.gradients = [parameter.grad for parameter in parameters]

    def step(self):
        for gradient in self.gradients:
            torch.linalg.svd(gradient, full_matrices=False)


def _with_options(make):
    return lambda parameters, arguments: make(parameters, **arguments)


_PEERS = {
    "torch": _torch,
    "torch svd": lambda parameters, _: _Svd(parameters),
    "eager AdamSN": _with_options(eager.adam_sn),
    "eager RMSPropSN": _with_options(eager.rmsprop_sn),
    "eager AdamSNSM": _with_options(eager.adam_snsm),
    "compiled AdamSNSM": _with_options(compiled.adam_snsm),
    "published AdamSN": _with_options(published.adam_sn),
    "published RMSPropSN": _with_options(published.rmsprop_sn),
    "published AdamSNSM": _with_options(published.adam_snsm),
    "published LDAdam": _with_options(published.ldadam),
}


def named(name):
    if name not in _PEERS:
        raise KeyError(f"no peer is named {name!r}; there are {', '.join(_PEERS)}")
    return _PEERS[name]
