"""rotary.json: frequencies of rotary positions and the factor on attention, by Hugging Face's transformers.

    pip install transformers==5.24.0 torch==2.11.0
    python golden/generate/hugging_face/rotary.py
"""
import torch
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from header import write_json

torch.set_default_dtype(torch.float64)

CASES = [
    {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
    {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0},
    {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 4096, "beta_fast": 32.0, "beta_slow": 1.0},
    {"rope_type": "yarn", "rope_theta": 1000000.0, "factor": 16.0, "original_max_position_embeddings": 32768, "beta_fast": 24.0, "beta_slow": 2.0},
    {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192},
    {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192},
]


def frequencies(parameters, head_dim):
    config = LlamaConfig(
        hidden_size=4 * head_dim, num_attention_heads=4, head_dim=head_dim, max_position_embeddings=65536, rope_parameters=parameters
    )
    # The dynamic kind asks how long the sequence is: at twice the context its stretch is 2 · factor − (factor − 1).
    arguments = {"seq_len": 2 * 65536} if parameters["rope_type"] == "dynamic" else {}
    frequencies, factor = ROPE_INIT_FUNCTIONS[parameters["rope_type"]](config, "cpu", **arguments)
    return {"parameters": parameters, "head_dim": head_dim, "frequencies": frequencies.tolist(), "factor": factor}


if __name__ == "__main__":
    write_json("rotary.json", {"cases": [frequencies(case, head_dim) for case in CASES for head_dim in (64, 128)]})
