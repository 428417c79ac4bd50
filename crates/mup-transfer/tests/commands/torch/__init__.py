"""Stands in for PyTorch where there is none: as much of it as the README's train.py uses, on plain numbers.

A model is one number that is fitted to 3 by gradient descent; Adam is sign descent. Its best rate depends on the steps,
and a rate far too high makes the loss grow.
"""

from . import nn, optim


class Loss:
    def __init__(self, model):
        self.model = model

    def item(self):
        return (self.model.weight - 3.0) ** 2 + 0.1

    def backward(self):
        self.model.gradient = 2.0 * (self.model.weight - 3.0)


class Tensor:
    """Knows only which model made it."""

    def __init__(self, model=None):
        self.model = model

    def sin(self):
        return self

    def sum(self, _axis, keepdim):
        assert keepdim
        return self


def manual_seed(seed):
    assert seed == int(seed)


def randn(*shape):
    assert all(size > 0 for size in shape)
    return Tensor()
