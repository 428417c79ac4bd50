"""A trial without libraries: gradient descent on w^2 / 2, best at rate 1, divergent above 2."""
import json
import os
import sys


def main():
    rate, seed, file = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with open(file) as source:
        trial = json.load(source)
    for name, heard in {
        "file": (trial["values"]["learning-rate"], trial["seed"], trial["steps"]),
        "environment": (
            float(os.environ["MUP_LEARNING_RATE"]), int(os.environ["MUP_SEED"]), int(os.environ["MUP_STEPS"])
        ),
    }.items():  # fmt: skip
        assert heard == (rate, seed, trial["steps"]), f"by {name}: {heard}"
    assert os.environ["MUP_TRIAL"] == file
    descend(rate, seed, trial["steps"], trial["proxy"]["start"])


def descend(rate, seed, steps, start):
    print("not a report: for people", flush=True)
    print(json.dumps({"parameters": 1, "tokens": steps}))
    w = start + seed
    for step in range(steps):
        print(json.dumps({"step": step, "loss": w * w / 2}))
        w -= rate * w


main()
