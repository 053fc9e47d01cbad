"""What PyTorch itself makes of our checkpoints, and checkpoints that PyTorch itself wrote.

judge FOLDER: every NAME.pt there opens with weights_only=True, and its dense maps, computed with torch's
own modules from the meaning of each tying mode, are those of NAME.json to 1e-12 of their size.
write FOLDER: files in torch.save's own hand, of the layouts and protocols that it can choose.
"""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F


def dense(state, prefix, inputs):
    """The matrix of a linear map, as the rows that the unit vectors are sent to."""
    unit = torch.eye(inputs, dtype=torch.float64)
    if prefix + ".weight" in state:
        return F.linear(unit, state[prefix + ".weight"].double())
    return unit @ state[prefix + ".A"].double() @ state[prefix + ".B"].double()


def qkv(state, mode, d):
    at = "blocks.0.attn."
    if mode == "none":
        return dense(state, at + "qkv", d).chunk(3, dim=-1)
    if mode == "all":
        return (dense(state, at + "qkv_shared", d),) * 3
    if mode == "qk":
        shared = dense(state, at + "qk_shared", d)
        return shared, shared, dense(state, at + "v_proj", d)
    if mode == "kv":
        shared = dense(state, at + "kv_shared", d)
        return dense(state, at + "q_proj", d), shared, shared
    tied = {"shareA": ("q", "k", "v"), "shareB": ("q", "k", "v")}.get(mode)
    if tied is None:
        tied = ("qk", "qk", "v") if mode.endswith("tieQK") else ("q", "kv", "kv")
    if mode.startswith("shareA"):
        return tuple(state[at + "qkv_A"].double() @ state[at + "qkv_B" + x].double() for x in tied)
    return tuple(state[at + "qkv_A" + x].double() @ state[at + "qkv_B"].double() for x in tied)


def close(ours, theirs, what):
    ours = torch.tensor(ours, dtype=torch.float64)
    assert ours.shape == theirs.shape, (what, ours.shape, theirs.shape)
    assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-12), what


def judge_one(path):
    file = torch.load(path, weights_only=True)
    assert set(file) == {"model_state", "model_config", "step", "val_exact", "params"}, set(file)
    state, config = file["model_state"], file["model_config"]
    decoder = json.loads(path.with_suffix(".json").read_text())
    assert file["step"] == 12345 and float(file["val_exact"]) == 0.8125
    head = state["lm_head.weight"]
    assert head.data_ptr() == state["token_emb.weight"].data_ptr()
    assert file["params"] == decoder["parameters"] == sum({t.data_ptr(): t.numel() for t in state.values()}.values())

    d, f = config["d_model"], config["d_ff"]
    layer = decoder["layers"][0]
    for ours, theirs, what in zip(("query", "key", "value"), qkv(state, config["tie_qkv"], d), "qkv"):
        close(layer["attention"][ours], theirs, what)
    close(layer["attention"]["output"], dense(state, "blocks.0.attn.proj", d), "output")
    close(layer["mlp"]["up"], dense(state, "blocks.0.mlp.fc1", d), "up")
    close(layer["mlp"]["down"], dense(state, "blocks.0.mlp.fc2", f), "down")
    close(decoder["token_embedding"], state["token_emb.weight"].double(), "embedding")
    close(decoder["head"], F.linear(torch.eye(d, dtype=torch.float64), head.double()), "head")
    if "pos_emb.weight" in state:
        positions = F.embedding(torch.arange(config["max_seq_len"]), state["pos_emb.weight"]).double()
    else:
        positions = dense(state, "pos_emb", config["max_seq_len"])
    close(decoder["position_embedding"], positions, "positions")
    assert abs(layer["attention"]["score_scale"] - (d // config["n_head"]) ** -0.5) < 1e-15


def family(seed):
    """A state of the 311 configuration and its settings."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {"token_emb.weight": (14, 4), "pos_emb.A": (33, 3), "pos_emb.B": (3, 4), "blocks.0.ln1.weight": (4,),
              "blocks.0.attn.qkv_A": (4, 3), "blocks.0.attn.qkv_Bq": (3, 4), "blocks.0.attn.qkv_Bkv": (3, 4),
              "blocks.0.attn.proj.A": (4, 3), "blocks.0.attn.proj.B": (3, 4), "blocks.0.ln2.weight": (4,),
              "blocks.0.mlp.fc1.A": (4, 3), "blocks.0.mlp.fc1.B": (3, 8), "blocks.0.mlp.fc2.A": (8, 3),
              "blocks.0.mlp.fc2.B": (3, 4), "ln_f.weight": (4,)}
    state = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    settings = {"n_layer": 1, "d_model": 4, "n_head": 1, "d_ff": 8, "dropout": 0.0, "max_seq_len": 33,
                "vocab_size": 14, "pos_rank": 3, "qkv_rank": 3, "attn_out_rank": 3, "ffn_rank": 3,
                "use_rmsnorm": True, "tie_qkv": "shareA_tieKV"}
    return state, settings


def write(folder):
    for name, change, protocol in (
        ("plain", lambda t: t, 2),
        ("parameters", torch.nn.Parameter, 2),
        ("double", lambda t: t.double(), 3),
        ("protocol4", lambda t: t, 4),
        ("transposed", lambda t: t.t().contiguous().t(), 2),  # a view with other strides
        ("inside", lambda t: torch.cat([torch.zeros(5), t.flatten()])[5:].view(t.shape), 2),  # with an offset
    ):
        state, settings = family(1)
        state = {key: change(value) for key, value in state.items()}
        state["lm_head.weight"] = state["token_emb.weight"]
        extra = {"train_config": {"lr": 0.02, "seeds": [1, 2], "none": None, "big": 1 << 40}}
        torch.save({"model_state": state, "model_config": settings, "step": 7, "val_exact": 0.5, "params": 311, **extra},
                   folder / (name + ".pt"), pickle_protocol=protocol)
        values = {key: value.double().flatten().tolist() for key, value in state.items()}
        (folder / (name + ".values")).write_text("".join(
            "{} {}\n".format(key, " ".join(x.hex() for x in value)) for key, value in values.items()))
    torch.save({"model_state": {k: v.half() for k, v in family(1)[0].items()}, "model_config": family(1)[1]},
               folder / "half.refused")
    torch.save(torch.nn.Linear(3, 3), folder / "module.refused")


def main(command, folder):
    folder = pathlib.Path(folder)
    if command == "write":
        return write(folder)
    files = sorted(folder.glob("*.pt"))
    assert files, "nothing to judge"
    for path in files:
        judge_one(path)
    print(len(files), "files judged")


main(*sys.argv[1:])
