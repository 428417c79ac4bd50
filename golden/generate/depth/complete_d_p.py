"""complete_d_p.json: the column "Complete(d)P" of Table 1 of arXiv:2512.22382, copied by hand, as numbers.

    python golden/generate/depth/complete_d_p.py

One entry for each line of the table: exponents of m_N (width) and m_L (depth, α aside), as printed there, in the factor
of variance, learning rate, ε and λ; an empty cell is a factor of 1. Residual branches are multiplied by m_L^−α. The
columns of batch and horizon are `run`: exponents of m_B and m_D.
"""
from header import write_json

# tensor: (variance, rate, ε, λ), each (m_N, m_L without α, α).
TABLE = {
    "input embedding": ((0, 0, 0), (0, 0, 0), (-1, 0, 0), (0, 0, 0)),
    "hidden weight": ((-1, 0, 0), (-1, -1, 1), (-1, 0, -1), (1, 0, 0)),
    "hidden bias": ((0, 0, 0), (0, -1, 1), (-1, 0, -1), (0, 0, 0)),
    "hidden norm": ((0, 0, 0), (0, -1, 1), (-1, 0, -1), (0, 0, 0)),
    "QK norm": ((0, 0, 0), (0, -1, 1), (0, 0, -1), (0, 0, 0)),
    "unembedding norm": ((0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0)),
    "unembedding weight": ((-2, 0, 0), (-1, 0, 0), (0, 0, 0), (1, 0, 0)),
    "unembedding bias": ((0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0)),
}
RUN = {"rate": [0.5, -0.5], "epsilon": [-0.5, 0.5], "weight_decay": [0.5, -0.5], "one_minus_beta": [1, -1]}
RATIOS = [(1, 1), (4, 1), (1, 4), (4, 4), (8, 32), (3, 5)]
ALPHAS = [1.0, 0.75, 0.5]


def factor(cell, m_n, m_l, alpha):
    width, depth, of_alpha = cell
    return float(m_n) ** width * float(m_l) ** (depth + of_alpha * alpha)


def column(m_n, m_l, alpha):
    names = ("variance", "rate", "epsilon", "weight_decay")
    row = lambda tensor: {"tensor": tensor} | {
        name: factor(cell, m_n, m_l, alpha) for name, cell in zip(names, TABLE[tensor])
    }
    rows = [row(tensor) for tensor in TABLE]
    return {"m_n": m_n, "m_l": m_l, "alpha": alpha, "branch": float(m_l) ** -alpha, "tensors": rows}


def main():
    columns = [column(*ratios, alpha) for alpha in ALPHAS for ratios in RATIOS]
    write_json("complete_d_p.json", [], {"source": "arXiv:2512.22382, Table 1", "run": RUN, "columns": columns})


if __name__ == "__main__":
    main()
