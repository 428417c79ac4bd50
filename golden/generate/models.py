"""PyTorch twins of the Mlp, ConvNet and Gpt of mup-models.

Module names are chosen so that a parameter's PyTorch name is its Burn path,
but for LayerNorm's `weight`/`bias`, which Burn names `gamma`/`beta`.
"""
from torch import nn
from torch.nn import functional as F
from mup import MuReadout, MuSharedReadout

from attention import Attention

ACTIVATIONS = {"Relu": F.relu, "Gelu": F.gelu}


class PlainReadout(nn.Linear):
    """What MuReadout is at base width, without mup: the control of check.py."""

    def __init__(self, d_in, d_out, bias=True, output_mult=1.0):
        super().__init__(d_in, d_out, bias=bias)
        self.output_mult = output_mult

    def forward(self, x):
        return super().forward(self.output_mult * x)


class Mlp(nn.Module):
    def __init__(self, config, base, readout=MuReadout):
        super().__init__()
        widths, bias = config["widths"], config["bias"]
        self.activation = ACTIVATIONS[config["activation"]]
        self.input = nn.Linear(config["d_input"], widths[0], bias=bias)
        self.hidden = nn.ModuleList(
            nn.Linear(d_in, d_out, bias=bias) for d_in, d_out in zip(widths, widths[1:])
        )
        self.readout = readout(widths[-1], config["d_output"], bias=bias)

    def forward(self, x):
        x = self.activation(self.input(x))
        for layer in self.hidden:
            x = self.activation(layer(x))
        return self.readout(x)


class ConvNet(nn.Module):
    def __init__(self, config, base, readout=MuReadout):
        super().__init__()
        (c1, c2), bias = config["channels"], config["bias"]
        self.conv1 = nn.Conv2d(config["channels_in"], c1, 3, padding=1, bias=bias)
        self.conv2 = nn.Conv2d(c1, c2, 3, padding=1, bias=bias)
        self.readout = readout(c2, config["d_output"], bias=bias)

    def forward(self, x):
        x = F.avg_pool2d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.conv2(x)).mean((2, 3))
        return self.readout(x)


class FeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        d_model, d_ffn, bias = config["d_model"], config["d_ffn"], config["bias"]
        self.up = nn.Linear(d_model, d_ffn, bias=bias)
        self.down = nn.Linear(d_ffn, d_model, bias=bias)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class Block(nn.Module):
    def __init__(self, config, base):
        super().__init__()
        self.attention_norm = nn.LayerNorm(config["d_model"])
        self.attention = Attention(config, base)
        self.feed_forward_norm = nn.LayerNorm(config["d_model"])
        self.feed_forward = FeedForward(config)

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.feed_forward(self.feed_forward_norm(x))


class Gpt(nn.Module):
    def __init__(self, config, base, readout=MuReadout):
        super().__init__()
        vocab, d_model, alpha = config["vocab"], config["d_model"], config["alpha_output"]
        self.alpha_embedding = config["alpha_embedding"]
        self.token_embedding = nn.Embedding(vocab, d_model)
        self.position_embedding = None
        if config["positions"] == "Absolute":
            self.position_embedding = nn.Embedding(config["context"], d_model)
        self.blocks = nn.ModuleList(Block(config, base) for _ in range(config["n_layer"]))
        self.final_norm = nn.LayerNorm(d_model)
        if not config["tied"]:
            self.readout = readout(d_model, vocab, bias=False, output_mult=alpha)
        elif readout is MuReadout:
            shared = self.token_embedding.weight
            self.tied_readout = MuSharedReadout(shared, bias=False, output_mult=alpha)
        else:
            self.tied_readout = readout(d_model, vocab, bias=False, output_mult=alpha)
            self.tied_readout.weight = self.token_embedding.weight

    def forward(self, tokens):
        x = self.token_embedding(tokens)
        if self.position_embedding is not None:
            x = x + self.position_embedding.weight[: tokens.shape[1]]
        x = x * self.alpha_embedding
        for block in self.blocks:
            x = block(x)
        x = self.final_norm(x)
        return self.tied_readout(x) if hasattr(self, "tied_readout") else self.readout(x)


KINDS = {"Mlp": Mlp, "ConvNet": ConvNet, "Gpt": Gpt}
