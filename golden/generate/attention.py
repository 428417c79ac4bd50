"""The causal self-attention of the Gpt twin: relative (Transformer-XL) or plain.

The position terms are gathered by index i - j. Neither Burn's shift by
reshape nor the loops of naive.py are used here: three independent routes.
"""
import math

import torch
from torch import nn


def sinusoids(length, d_model, dtype):
    """R_d for d = 0 .. length-1: [length, d_model], all sines, then all cosines."""
    distance = torch.arange(length, dtype=torch.float64)[:, None]
    t = torch.arange(d_model // 2, dtype=torch.float64)
    angle = distance * 10000.0 ** (-2.0 * t / d_model)
    return torch.cat([angle.sin(), angle.cos()], dim=1).to(dtype)


class Attention(nn.Module):
    def __init__(self, config, base):
        super().__init__()
        d_model, bias = config["d_model"], config["bias"]
        self.n_head, self.d_head = config["n_head"], config["d_head"]
        inner = self.n_head * self.d_head
        self.logit_scale = math.sqrt(base["d_head"]) / self.d_head
        self.alpha_attention = config["alpha_attention"]
        self.alpha_relative = config["alpha_relative"]
        self.query = nn.Linear(d_model, inner, bias=bias)
        self.key = nn.Linear(d_model, inner, bias=False)
        self.value = nn.Linear(d_model, inner, bias=bias)
        self.output = nn.Linear(inner, d_model, bias=bias)
        self.relative_key = None
        if config["positions"] == "Relative":
            self.relative_key = nn.Linear(d_model, inner, bias=False)
            self.content_bias = nn.Parameter(torch.zeros(inner))
            self.position_bias = nn.Parameter(torch.zeros(inner))

    def heads(self, x):
        """[.., T, n_head*d_head] to [.., n_head, T, d_head]."""
        return x.unflatten(-1, (self.n_head, self.d_head)).transpose(-2, -3)

    def terms(self, x):
        """The addends of the attention logits before masking, each [B, H, T, T].

        Position terms are meaningful for j <= i alone.
        """
        scale = self.alpha_attention * self.logit_scale
        q, k = self.heads(self.query(x)), self.heads(self.key(x))
        terms = {"content_content": torch.einsum("bhic,bhjc->bhij", q, k)}
        if self.relative_key is not None:
            length = x.shape[1]
            u = self.content_bias.view(self.n_head, self.d_head)
            v = self.position_bias.view(self.n_head, self.d_head)
            relative = self.alpha_relative * sinusoids(length, x.shape[2], x.dtype)
            r = self.heads(self.relative_key(relative))
            i = torch.arange(length)
            distance = (i[:, None] - i[None, :]).clamp(min=0)
            r = r[:, distance]  # [H, T, T, d_head]
            terms["content_position"] = torch.einsum("bhic,hijc->bhij", q, r)
            terms["bias_content"] = torch.einsum("hc,bhjc->bhj", u, k)[:, :, None, :].expand(
                -1, -1, length, -1
            )
            terms["bias_position"] = torch.einsum("hc,hijc->hij", v, r).expand(
                x.shape[0], -1, -1, -1
            )
        return {name: term * scale for name, term in terms.items()}

    def forward(self, x):
        logits = sum(self.terms(x).values())
        future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        probabilities = logits.masked_fill(future, -math.inf).softmax(-1)
        mixed = probabilities @ self.heads(self.value(x))
        return self.output(mixed.transpose(1, 2).flatten(2))
