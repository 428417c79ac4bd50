"""Imported before torch: one thread, and no instruction set chosen by the machine.

Sums then keep their order, so that all.py writes the same bytes every time.
"""
import os

os.environ |= {"MKL_CBWR": "COMPATIBLE", "ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "1"}

import torch  # noqa: E402

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
torch.manual_seed(0)
