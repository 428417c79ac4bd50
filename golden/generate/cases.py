"""The seven models: their base, delta and target configurations, and step sizes."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One model at three widths, the first of which is the base."""

    name: str
    kind: str
    targets: list
    delta: dict
    learning_rates: dict
    length: int = 0  # tokens per example: Gpt alone

    @property
    def base(self):
        return self.targets[0]


def mlp(*widths):
    return dict(d_input=6, widths=list(widths), d_output=3, bias=True, activation="Relu")


def conv_net(*channels):
    return dict(channels_in=2, channels=list(channels), d_output=3, bias=True)


def gpt(d_model, n_head, d_head, d_ffn, **other):
    config = dict(
        vocab=11, context=8, n_layer=2, d_model=d_model, n_head=n_head, d_head=d_head,
        d_ffn=d_ffn, bias=True, positions="Relative", tied=False, dropout=0.0,
        alpha_attention=1.0, alpha_output=1.0, alpha_embedding=1.0, alpha_relative=1.0,
    )  # fmt: skip
    return config | other


def growing_heads(**other):
    targets = [gpt(8, 2, 4, 12, **other), gpt(16, 4, 4, 48, **other), gpt(32, 8, 4, 64, **other)]
    return targets, gpt(12, 3, 4, 14, **other)


def cases():
    """Every case, in the order in which it is written.

    The multipliers α differ from 1 where that costs nothing, so that each of
    them is seen to be applied in the right place.
    """
    rates = dict(sgd=0.05, adam=0.01, adamw=0.01)
    gpt_rates = dict(sgd=0.05, adam=0.005, adamw=0.005)
    relative, relative_delta = growing_heads()
    tied, tied_delta = growing_heads(tied=True, alpha_output=2.0)
    absolute, absolute_delta = growing_heads(positions="Absolute", alpha_embedding=1.5)
    alphas = dict(alpha_attention=1.5, alpha_output=0.75, alpha_embedding=2.0, alpha_relative=0.5)
    d_head = [gpt(8, 2, 4, 16, **alphas), gpt(16, 2, 8, 32, **alphas), gpt(32, 2, 16, 64, **alphas)]
    d_head_delta = gpt(12, 2, 6, 18, **alphas)
    return [
        Case("mlp", "Mlp", [mlp(8, 16, 8), mlp(16, 32, 16), mlp(32, 64, 32)], mlp(10, 18, 10), rates),
        Case(
            "mlp_uneven", "Mlp", [mlp(8, 12, 8), mlp(16, 48, 16), mlp(24, 96, 24)], mlp(10, 14, 10), rates
        ),
        Case("conv_net", "ConvNet", [conv_net(4, 6), conv_net(8, 24), conv_net(16, 30)], conv_net(5, 7), rates),
        Case("gpt_relative", "Gpt", relative, relative_delta, gpt_rates, 8),
        Case("gpt_relative_tied", "Gpt", tied, tied_delta, gpt_rates | dict(sgd=0.02), 8),
        Case("gpt_growing_d_head", "Gpt", d_head, d_head_delta, gpt_rates, 8),
        Case("gpt_absolute", "Gpt", absolute, absolute_delta, gpt_rates, 6),
    ]
