"""The peer of evaluate_benchmark: greedy evaluation of a checkpoint of the public family in PyTorch.

Usage: /usr/bin/python3 evaluate_pytorch.py FILE.pt [SETS [BATCH]]

Evaluates the first SETS of the paper protocol's ten test sets as the public code does: batches, the
whole sequence through the model at every step, no key-value cache, factored linears, one thread.
Prints one JSON object: pairs, correct, seconds and processor_seconds (decoding only), failures. Shares no code with Carryscope.
"""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F

SEEDS = [41, 100, 200, 300, 400, 500, 999, 1234, 7777, 31415]
DIGITS, PLUS, EQUALS = 10, 10, 11


def linear(state, name, x):
    if name + ".A" in state:
        return (x @ state[name + ".A"]) @ state[name + ".B"]
    return F.linear(x, state[name + ".weight"])


def norm(state, name, x):
    weight, bias = state[name + ".weight"], state.get(name + ".bias")
    if bias is not None:
        return F.layer_norm(x, weight.shape, weight, bias, 1e-5)
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-8) * weight


def queries_keys_values(state, x):
    prefix = "blocks.0.attn.qkv"
    if prefix + "_Bkv" in state:  # shareA_tieKV
        shared = x @ state[prefix + "_A"]
        kv = shared @ state[prefix + "_Bkv"]
        return shared @ state[prefix + "_Bq"], kv, kv
    return linear(state, prefix, x).chunk(3, dim=-1)


def logits(state, tokens):
    length = tokens.shape[1]
    position = state["pos_emb.A"] @ state["pos_emb.B"] if "pos_emb.A" in state else state["pos_emb.weight"]
    x = state["token_emb.weight"][tokens] + position[:length]
    q, k, v = queries_keys_values(state, norm(state, "blocks.0.ln1", x))
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    future = torch.triu(torch.ones(length, length, dtype=torch.bool), diagonal=1)
    attention = torch.softmax(scores.masked_fill(future, float("-inf")), dim=-1)
    x = x + linear(state, "blocks.0.attn.proj", attention @ v)
    hidden = F.gelu(linear(state, "blocks.0.mlp.fc1", norm(state, "blocks.0.ln2", x)))
    x = x + linear(state, "blocks.0.mlp.fc2", hidden)
    return F.linear(norm(state, "ln_f", x), state["lm_head.weight"])


def test_set(seed):
    generator = torch.Generator().manual_seed(seed)
    taken, seen = [], set()
    while len(taken) < 15000:
        n = max(2 * (15000 - len(taken)), 4096)
        a = torch.randint(0, 10**DIGITS, (n,), generator=generator).tolist()
        b = torch.randint(0, 10**DIGITS, (n,), generator=generator).tolist()
        for pair in zip(a, b):
            if pair not in seen and len(taken) < 15000:
                seen.add(pair)
                taken.append(pair)
    return taken[5000:]


def prompt(a, b):
    return [int(c) for c in f"{a:0{DIGITS}d}"] + [PLUS] + [int(c) for c in f"{b:0{DIGITS}d}"] + [EQUALS]


def generate(state, pairs):
    tokens = torch.tensor([prompt(a, b) for a, b in pairs])
    for _ in range(DIGITS + 2):
        tokens = torch.cat([tokens, logits(state, tokens)[:, -1].argmax(-1, keepdim=True)], dim=1)
    return tokens[:, 2 * DIGITS + 2 : 3 * DIGITS + 3].tolist()


def main():
    torch.set_num_threads(1)
    sets = int(sys.argv[2]) if len(sys.argv) > 2 else len(SEEDS)
    batch = int(sys.argv[3]) if len(sys.argv) > 3 else 512
    state = {name: tensor.float() for name, tensor in torch.load(sys.argv[1], map_location="cpu")["model_state"].items()}
    pairs = [pair for seed in SEEDS[:sets] for pair in test_set(seed)]
    failures = []
    started, processor = time.perf_counter(), time.process_time()
    with torch.no_grad():
        for first in range(0, len(pairs), batch):
            part = pairs[first : first + batch]
            for (a, b), digits in zip(part, generate(state, part)):
                expected = [(a + b) // 10**place % 10 for place in range(DIGITS + 1)]
                if digits != expected:
                    failures.append({"a": a, "b": b, "generated": digits})
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    print(json.dumps({"pairs": len(pairs), "correct": len(pairs) - len(failures), "seconds": seconds, "processor_seconds": processor, "failures": failures}))


if __name__ == "__main__":
    main()
