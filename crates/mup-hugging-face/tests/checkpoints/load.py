"""Loads each folder with transformers and says what it computes, one line of JSON for each.

Arguments: tokens and a prompt's length as JSON, then folders. Anything that loading, computing, encoding and decoding say is in `messages`.
"""
import json
import logging
import sys
import warnings

import torch
import transformers

torch.set_num_threads(1)
MESSAGES = []


class Kept(logging.Handler):
    def emit(self, record):
        MESSAGES.append(record.getMessage())


transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_warning()
logging.getLogger("transformers").addHandler(Kept())
warnings.showwarning = lambda message, *rest: MESSAGES.append(str(message))
warnings.simplefilter("always")

tokens, prompt, count = json.loads(sys.argv[1])
for folder in sys.argv[2:]:
    MESSAGES.clear()
    model, info = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    keys = {name: sorted(map(str, found)) for name, found in info.items() if found}
    tokenizer = None
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError):
        pass
    encoded = tokenizer and tokenizer.encode("abba é\nc")
    with torch.no_grad():
        logits = model.eval()(torch.tensor([tokens]), use_cache=False).logits
        greedy = model.generate(
            torch.tensor([tokens[:prompt]]), attention_mask=torch.ones(1, prompt, dtype=torch.long), max_new_tokens=count, do_sample=False
        )
    print(json.dumps({
        "class": type(model).__name__, "keys": keys, "messages": MESSAGES, "logits": logits.flatten().tolist(),
        "greedy": greedy[0, prompt:].tolist(), "encoded": encoded, "decoded": encoded and tokenizer.decode(encoded),
    }))
