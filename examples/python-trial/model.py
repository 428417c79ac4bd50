"""A GPT with Transformer-XL's relative attention, parametrized by microsoft/mup.

The same function as `mup_models::Gpt` of this repository, so that both can be tuned on the same text.
What makes a PyTorch model ready for muP is marked with muP below; there are four such places.
"""
import math

import mup
import torch
from torch import nn
from torch.nn import functional as F


def sinusoids(length, width):
    """Of the distances 0 .. length-1: [length, width], all sines, then all cosines."""
    frequencies = 10000.0 ** (-2.0 * torch.arange(width // 2, dtype=torch.float64) / width)
    angles = torch.arange(length, dtype=torch.float64)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()


class Attention(nn.Module):
    def __init__(self, width, d_head, base_d_head, context):
        super().__init__()
        self.d_head = d_head
        # muP (1 of 4): logits divided by d_head, not by its root; equal to the root at base width.
        self.logit_scale = math.sqrt(base_d_head) / d_head
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.relative_key = nn.Linear(width, width, bias=False)
        self.content_bias = nn.Parameter(torch.zeros(width))
        self.position_bias = nn.Parameter(torch.zeros(width))
        distance = torch.arange(context)[:, None] - torch.arange(context)
        self.register_buffer("future", distance < 0, persistent=False)
        self.register_buffer("distance", distance.clamp(min=0), persistent=False)
        self.register_buffer("sinusoids", sinusoids(context, width), persistent=False)

    def heads(self, x):
        """[.., time, width] to [.., head, time, d_head]."""
        return x.unflatten(-1, (-1, self.d_head)).transpose(-2, -3)

    def forward(self, x):
        batch, time, _ = x.shape
        query, key, value = self.query(x), self.heads(self.key(x)), self.heads(self.value(x))
        relative = self.heads(self.relative_key(self.sinusoids[:time]))
        by_content = self.heads(query + self.content_bias) @ key.mT
        by_distance = self.heads(query + self.position_bias) @ relative.mT
        distance = self.distance[:time, :time].expand(batch, by_distance.shape[1], time, time)
        logits = self.logit_scale * (by_content + by_distance.gather(-1, distance))
        weights = logits.masked_fill(self.future[:time, :time], -math.inf).softmax(-1)
        return self.output((weights @ value).transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, width, d_head, base_d_head, context):
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, d_head, base_d_head, context)
        self.feed_forward_norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.down(F.gelu(self.up(self.feed_forward_norm(x))))


class Gpt(nn.Module):
    """Heads have one width and grow in number, so d_head is that of the base."""

    def __init__(self, width, d_head, n_layer, context, vocab=256):
        super().__init__()
        self.token_embedding = nn.Embedding(vocab, width)
        self.blocks = nn.ModuleList(Block(width, d_head, d_head, context) for _ in range(n_layer))
        self.final_norm = nn.LayerNorm(width)
        # muP (2 of 4): the last layer, from infinite to finite, is a MuReadout.
        self.readout = mup.MuReadout(width, vocab, bias=False)

    def forward(self, tokens):
        x = self.token_embedding(tokens)
        for block in self.blocks:
            x = block(x)
        return self.readout(self.final_norm(x))


def build(width, base_width, **sizes):
    """The model at a width, with base shapes and initial weights. Draws from torch's global generator."""
    model = Gpt(width, **sizes)
    # muP (3 of 4): which dimensions grow, and from where. All weights are drawn below, so none has to be rescaled here.
    mup.set_base_shapes(
        model, Gpt(base_width, **sizes), delta=Gpt(2 * base_width, **sizes), rescale_params=False
    )  # fmt: skip
    initialize(model)
    return model


@torch.no_grad()
def initialize(model):
    """Variance 1/fan_in at base width, branches divided by the root of 2 n_layer, queries and readout zero."""
    # muP (4 of 4): mup.init where torch.nn.init would be; and MuAdamW in trial.py where AdamW would be.
    mup.init.normal_(model.token_embedding.weight, std=1.0)
    nn.init.zeros_(model.readout.weight)
    residual = 1.0 / math.sqrt(2.0 * len(model.blocks))
    for block in model.blocks:
        attention = block.attention
        for layer in (attention.key, attention.value, attention.output, attention.relative_key, block.up, block.down):
            mup.init.kaiming_normal_(layer.weight, nonlinearity="linear")
        attention.output.weight.mul_(residual)
        block.down.weight.mul_(residual)
        nn.init.zeros_(attention.query.weight)
        for bias in (attention.content_bias, attention.position_bias):
            mup.init.normal_(bias, std=0.02)
        for layer in (attention.query, attention.value, attention.output, block.up, block.down):
            nn.init.zeros_(layer.bias)
