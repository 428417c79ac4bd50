"""Relative attention by plain loops over Python floats: an independent reference.

Written from the formula alone; shares no code with attention.py.
"""
import math


def project(x, weight, bias=None):
    """y = x W + b for rows x and W as [in, out]."""
    d_in, d_out = len(weight), len(weight[0])
    start = bias or [0.0] * d_out
    return [[start[o] + sum(row[i] * weight[i][o] for i in range(d_in)) for o in range(d_out)] for row in x]


def sinusoid(distance, d_model):
    half = d_model // 2
    frequencies = [1.0 / 10000.0 ** (2.0 * t / d_model) for t in range(half)]
    return [math.sin(distance * f) for f in frequencies] + [math.cos(distance * f) for f in frequencies]


def dot(left, right, head, d_head):
    return sum(left[c] * right[c] for c in range(head * d_head, (head + 1) * d_head))


def relative_attention(x, weights, n_head, d_head, scale, alpha_relative):
    """One sequence x [T][d_model] and weights in Burn axes.

    Returns the four terms and their sum (each [H][T][T], zero for j > i, with
    `scale` applied), the probabilities, and the output [T][d_model].
    """
    length, d_model = len(x), len(x[0])
    q = project(x, weights["query.weight"], weights.get("query.bias"))
    k = project(x, weights["key.weight"])
    value = project(x, weights["value.weight"], weights.get("value.bias"))
    sines = [[alpha_relative * s for s in sinusoid(d, d_model)] for d in range(length)]
    r = project(sines, weights["relative_key.weight"])
    u, v = weights["content_bias"], weights["position_bias"]
    names = ["content_content", "content_position", "bias_content", "bias_position", "logits", "probabilities"]
    out = {n: [[[0.0] * length for _ in range(length)] for _ in range(n_head)] for n in names}
    mixed = [[0.0] * (n_head * d_head) for _ in range(length)]
    for h in range(n_head):
        for i in range(length):
            for j in range(i + 1):
                terms = [
                    scale * dot(q[i], k[j], h, d_head),
                    scale * dot(q[i], r[i - j], h, d_head),
                    scale * dot(u, k[j], h, d_head),
                    scale * dot(v, r[i - j], h, d_head),
                ]
                for name, term in zip(names, terms):
                    out[name][h][i][j] = term
                out["logits"][h][i][j] = sum(terms)
            largest = max(out["logits"][h][i][: i + 1])
            weight = [math.exp(out["logits"][h][i][j] - largest) for j in range(i + 1)]
            for j in range(i + 1):
                probability = weight[j] / sum(weight)
                out["probabilities"][h][i][j] = probability
                for c in range(h * d_head, (h + 1) * d_head):
                    mixed[i][c] += probability * value[j][c]
    out["output"] = project(mixed, weights["output.weight"], weights.get("output.bias"))
    return out
