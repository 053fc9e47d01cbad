"""margins.py FILE.pt SEQUENCES: on which side of the boundary PyTorch finds true sequences of tokens.

SEQUENCES holds one sequence a line: prompt, sum digits, end. For each way of evaluating them, a line with its
name and a line for each sequence: at every sum digit 1 where its logit is the largest alone, -1 where another is
larger, 0 where they tie. The forward pass is that of benchmarks/evaluate_pytorch.py.
"""
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "benchmarks"))
from evaluate_pytorch import DIGITS, logits  # noqa: E402

PROMPT = 2 * DIGITS + 2


def signs(state, tokens, batch):
    rows = []
    for part in tokens.split(batch):
        own, target = logits(state, part[:, :-1])[:, PROMPT - 1 : -1], part[:, PROMPT:-1, None]
        rival = own.scatter(2, target, float("-inf")).max(2)[0]
        rows.append((own.gather(2, target)[..., 0] - rival).sign().int())
    return torch.cat(rows)


def main():
    state = {name: t.float() for name, t in torch.load(sys.argv[1], map_location="cpu")["model_state"].items()}
    lines = pathlib.Path(sys.argv[2]).read_text().split("\n")
    tokens = torch.tensor([[int(word) for word in line.split()] for line in lines if line])
    with torch.no_grad():
        for threads, batch in ((1, 1), (1, 512), (2, 64), (4, 100000)):
            torch.set_num_threads(threads)
            print(f"{threads}_threads_batch_{batch}")
            for row in signs(state, tokens, batch).tolist():
                print(*row)


if __name__ == "__main__":
    main()
