"""A step against the gradient."""


class Adam:
    def __init__(self, parameters, lr):
        (self.model,), self.rate = parameters, lr

    def zero_grad(self):
        self.model.gradient = 0.0

    def step(self):
        self.model.weight -= 10 * self.rate * self.model.gradient
