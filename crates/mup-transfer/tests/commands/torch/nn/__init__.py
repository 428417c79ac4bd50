"""Layers that remember nothing but that there are some."""

from . import functional


class Linear:
    def __init__(self, inputs, outputs):
        assert inputs > 0 and outputs > 0


class ReLU:
    pass


class Sequential:
    def __init__(self, *layers):
        assert layers
        self.weight, self.gradient = 0.0, 0.0

    def parameters(self):
        return [self]

    def __call__(self, _inputs):
        from .. import Tensor

        return Tensor(self)
