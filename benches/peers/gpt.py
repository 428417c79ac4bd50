"""The Gpt of mup-models in PyTorch, written for speed: relative attention by Transformer-XL's shift.

Parameter names are Burn's paths, but for LayerNorm's `weight` and `bias`. The twin in golden/generate/models.py is
written for clarity instead and is much slower, so it would be no peer.

The position logits are the mask of F.scaled_dot_product_attention. A mask that needs a gradient has no fused kernel
on a CPU; alone, the layer is still faster than with products and softmax written out where it is small, and a whole
step takes the same time either way.
"""

import math

import torch
from layout import entries  # noqa: F401, for training.py
from mup import MuAdamW as AdamW  # noqa: F401, for training.py
from mup import MuReadout, set_base_shapes
from torch import nn
from torch.nn import functional as F


def sinusoids(length, d_model):
    """R_d for d = length-1 .. 0: [length, d_model], all sines, then all cosines."""
    distance = torch.arange(length - 1, -1, -1, dtype=torch.float64)[:, None]
    frequency = 10000.0 ** (-2.0 * torch.arange(d_model // 2, dtype=torch.float64) / d_model)
    angle = distance * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1).float()


def shift(by_distance):
    """[B, H, T, T] whose columns are the distances T-1 .. 0 to columns that are keys (Transformer-XL, Appendix B)."""
    batch, heads, length, _ = by_distance.shape
    padded = F.pad(by_distance, (1, 0))
    return padded.view(batch, heads, length + 1, length)[:, :, 1:].view(batch, heads, length, length)


class RelativeAttention(nn.Module):
    def __init__(self, d_model, n_head, d_head, base_d_head):
        super().__init__()
        inner = n_head * d_head
        self.n_head, self.d_head = n_head, d_head
        self.scale = math.sqrt(base_d_head) / d_head
        self.query = nn.Linear(d_model, inner)
        self.key = nn.Linear(d_model, inner, bias=False)
        self.value = nn.Linear(d_model, inner)
        self.output = nn.Linear(inner, d_model)
        self.relative_key = nn.Linear(d_model, inner, bias=False)
        self.content_bias = nn.Parameter(torch.zeros(inner))
        self.position_bias = nn.Parameter(torch.zeros(inner))

    def heads(self, x):
        return x.unflatten(-1, (self.n_head, self.d_head)).transpose(-2, -3)

    def forward(self, x, positions, future):
        query, key, value = self.query(x), self.heads(self.key(x)), self.heads(self.value(x))
        relative = self.heads(self.relative_key(positions) * self.scale)
        position = shift(self.heads(query + self.position_bias) @ relative.transpose(-1, -2))
        mixed = F.scaled_dot_product_attention(
            self.heads(query + self.content_bias),
            key,
            value,
            attn_mask=position.masked_fill(future, -math.inf),
            scale=self.scale,
        )
        return self.output(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, d_model, d_ffn):
        super().__init__()
        self.up = nn.Linear(d_model, d_ffn)
        self.down = nn.Linear(d_ffn, d_model)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class Block(nn.Module):
    def __init__(self, d_model, n_head, d_head, d_ffn, base_d_head):
        super().__init__()
        self.attention_norm = nn.LayerNorm(d_model)
        self.attention = RelativeAttention(d_model, n_head, d_head, base_d_head)
        self.feed_forward_norm = nn.LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ffn)

    def forward(self, x, positions, future):
        x = x + self.attention(self.attention_norm(x), positions, future)
        return x + self.feed_forward(self.feed_forward_norm(x))


class Gpt(nn.Module):
    def __init__(self, vocab, length, n_layer, d_model, n_head, d_head, d_ffn, base_d_head):
        super().__init__()
        self.token_embedding = nn.Embedding(vocab, d_model)
        blocks = [Block(d_model, n_head, d_head, d_ffn, base_d_head) for _ in range(n_layer)]
        self.blocks = nn.ModuleList(blocks)
        self.final_norm = nn.LayerNorm(d_model)
        self.readout = MuReadout(d_model, vocab, bias=False)
        self.register_buffer("positions", sinusoids(length, d_model), persistent=False)
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        self.register_buffer("future", future, persistent=False)

    def forward(self, tokens, targets):
        """The mean cross-entropy, in nats."""
        x = self.token_embedding(tokens)
        for block in self.blocks:
            x = block(x, self.positions, self.future)
        logits = self.readout(self.final_norm(x))
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def build(shape):
    """The model of a shape as the command sends it, with microsoft/mup's base shapes."""

    def of_width(width):
        config = {name: shape[name] for name in ("vocab", "length", "n_layer", "d_head")}
        heads = width // shape["d_head"]
        return Gpt(d_model=width, n_head=heads, d_ffn=4 * width, base_d_head=shape["d_head"], **config)

    model, base = of_width(shape["d_model"]), shape["base"]
    # The weights are loaded afterwards, and are then those of the target.
    return set_base_shapes(model, of_width(base), delta=of_width(2 * base), rescale_params=False)
