// Damaged and hostile checkpoints: each ends in one sentence that names the file and the field.
#include <gtest/gtest.h>

#include "model/checkpoint/torch_file.h"
#include "model/checkpoint/unpickler.h"
#include "tests/model/hostile.h"

namespace carryscope::model {
namespace {

using namespace testing;
using namespace std::string_literals;

TEST(Files, MissingFolderOrEmpty) {
  const Folder folder;
  expect_parts(refusal([&] { load(folder / "none.pt"); }), {"none.pt", "does not exist"});
  expect_parts(refusal([&] { load(folder.path()); }), {folder.path(), "no plain file"});
  refused("", {"empty"});
}

TEST(Files, Oversized) {
  const Folder folder;
  put(folder / "huge.pt", "PK\x03\x04");
  std::filesystem::resize_file(folder / "huge.pt", (std::uintmax_t{1} << 30) + 1);
  expect_parts(refusal([&] { load(folder / "huge.pt"); }), {"huge.pt", "larger than"});
}

TEST(Files, OfAnotherKind) {
  refused("hello, world, I am no checkpoint", {"neither", ".safetensors"});
  refused(std::string("\x7f"
                      "ELF\x02\x01\x01\0\0\0\0\0",
                      12),
          {"neither"});
  refused("[1, 2, 3]", {"neither"});
}

TEST(Files, TruncatedAnywhere) {
  for (const auto& [name, bytes] : {std::pair<std::string, std::string>("x.pt", good_file()),
                                    std::pair<std::string, std::string>("x.safetensors", [] {
                                      const Folder folder;
                                      save(folder / "x.safetensors", random_checkpoint(preset("311"), 1));
                                      return content(folder / "x.safetensors");
                                    }())}) {
    const Folder folder;
    for (std::size_t length = 0; length < bytes.size(); length += length < 100 ? 1 : 61) {
      SCOPED_TRACE(length);
      put(folder / name, bytes.substr(0, length));
      expect_parts(refusal([&] { load(folder / name); }), {name});
    }
  }
}

// Whatever single bit is changed: a refusal in one sentence, or a model that passes every check.
TEST(Files, AnyBitFlipped) {
  const std::string good = good_file();
  std::mt19937 generator(42);
  int rejected = 0;
  for (std::size_t at = 0; at < good.size(); at += 1 + generator() % 3) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << generator() % 8));
    try {
      validate(multiply_out(*read_torch(as_bytes(bytes), "flipped.pt").factored), "flipped.pt");
    } catch (const InputError& error) {
      ++rejected;
      EXPECT_NE(std::string(error.what()).find("flipped.pt"), std::string::npos) << error.what();
    }
  }
  EXPECT_GT(rejected, 1000);
}

TEST(Pickles, NameNothingThatRuns) {
  const auto names = [](const std::string& module, const std::string& name) {
    return "\x80\x02"
           "c" +
           module + "\n" + name + "\nX\x02\0\0\0ls\x85R."s;
  };
  for (const auto& [module, name] :
       {std::pair("os", "system"), std::pair("posix", "system"), std::pair("builtins", "eval"),
        std::pair("__builtin__", "exec"), std::pair("subprocess", "Popen"), std::pair("torch", "load"),
        std::pair("torch._utils", "_rebuild_tensor_v3"), std::pair("collections", "OrderedDict.fromkeys"),
        std::pair("torch.storage", "_load_from_bytes"), std::pair("numpy.core.multiarray", "scalar")})
    refused(zip_of_pickle(names(module, name)),
            {"data.pkl", std::string(module) + "." + name, "not allowed"});
  // The same by the opcode of protocol 4, which takes the names from the stack.
  refused(zip_of_pickle("\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R."),
          {"os.system", "not allowed"});
}

TEST(Pickles, CallNothingButTensors) {
  refused(zip_of_pickle("\x80\x02"
                        "ccollections\nOrderedDict\n]\x85R."),
          {"collections.OrderedDict", "1 arguments"});
  refused(zip_of_pickle("\x80\x02"
                        "ctorch\nFloatStorage\n)R."),
          {"torch.FloatStorage", "call"});
  refused(zip_of_pickle("\x80\x02"
                        "X\x02\0\0\0ls)R."s),
          {"call"});
  refused(zip_of_pickle("\x80\x02]}b."), {"attributes"});
  refused(zip_of_pickle("\x80\x02X\x02\0\0\0lsQ."s), {"persistent"});
}

TEST(Pickles, UnknownOpcodesAreNamed) {
  for (const std::string code :
       {"i", "o", "\x81", "\x92", "\x82", "I1\n", "F1\n", "V1\n", "S'a'\n", "P1\n", "0", "2"})
    refused(zip_of_pickle("\x80\x02}" + code + "."), {"opcode", "not allowed"});
  refused(zip_of_pickle(std::string("\x80\x01}.")), {"protocol 1"});
  refused(zip_of_pickle(std::string("\x80\x63}.")), {"protocol 99"});
}

TEST(Pickles, DamagedOnes) {
  for (const std::string pickle : {"", ".", "}", "s.", "}s.", "}(K\x01u.", "t.", "h\x05.", "(((((",
                                   "X\xff\xff\xff\x7f", "}a.", "]K\x01K\x02s.", "}q",
                                   "\x8a\x09"
                                   "123456789.",
                                   "c\n", "cos"})
    refused(zip_of_pickle(pickle), {"data.pkl"});
}

TEST(Pickles, ThatReferToThemselvesOrNestDeep) {
  refused(zip_of_pickle("]q\x01h\x01"
                        "a."),
          {"list"});
  refused(zip_of_pickle("}q\x01X\x0b\0\0\0model_stateh\x01sX\x0c\0\0\0model_configh\x01s."s),
          {"model_config"});
  std::string deep;
  for (int i = 0; i < 900'000; ++i) deep += ']';
  for (int i = 0; i < 899'999; ++i) deep += 'a';
  refused(zip_of_pickle(deep + "."), {"list"});
  refused(zip_of_pickle(std::string(1'500'000, 'N') + "."), {"million"});
  refused(zip_of_pickle("]" + std::string(1'500'000, '\x94') + "."), {"too many"});
}

TEST(TorchDictionary, MissingOrWrongParts) {
  refused(zip_of_pickle("}."), {"model_config", "missing"});
  refused(zip_of_pickle("]."), {"list", "model_state"});
  refused(with_pickle("model_state", "model_weigh"), {"model_state", "missing"});
  refused(with_pickle("model_config", "model_konfig"), {"model_config", "missing"});
  refused(with_pickle("d_model", "d_mobel"), {"d_model", "missing"});
  refused(with_pickle("tie_qkv", "tie_qkw"), {"tie_qkw"});
  refused(with_pickle("shareA_tieKV", "shareC_tieKV"), {"tie_qkv", "shareC_tieKV", "shareA_tieKV"});
  refused(with_pickle("ln_f.weight", "ln_g.weight"), {"ln_f.weight", "missing"});
  refused(with_pickle("FloatStorage", "HalfStorage\n"), {"torch.HalfStorage"});
  refused(with_pickle("lm_head.weight", "lm\nhead\033[31m.w"), {"lm?head?[31m.w", "surplus"});
}

TEST(TorchDictionary, ContradictsItself) {
  const auto integer = [](int v) {
    std::string out = "J";
    put_little(out, static_cast<std::uint64_t>(v), 4);
    return out;
  };
  const auto key = [](std::string_view name) {
    std::string out = "X";
    put_little(out, name.size(), 4);
    return out + std::string(name);
  };
  const auto changed = [&](std::string_view name, int from, int to) {
    return with_pickle(key(name) + integer(from), key(name) + integer(to));
  };
  refused(changed("params", 311, 312), {"params", "312", "311"});
  refused(changed("step", 12345, -1), {"step", "-1"});
  refused(changed("n_layer", 1, 2), {"n_layer"});
  refused(changed("d_ff", 8, 9), {"blocks.0.mlp.fc1.B", "3 x 8", "3 x 9"});
  refused(changed("max_seq_len", 33, 34), {"pos_emb.A", "33 x 3", "34 x 3"});
  refused(changed("max_seq_len", 33, 32), {"max_seq_len", "32"});
  refused(changed("d_model", 4, 1 << 30), {"d_model"});
  refused(changed("n_head", 1, 3), {"n_head"});
  refused(changed("vocab_size", 14, 13), {"vocab_size"});
  // offset, shape and strides of the first tensor
  const std::string shape = "(" + integer(14) + integer(4) + "t",
                    stride = "(" + integer(4) + integer(1) + "t";
  for (const auto& [rows, cols] :
       {std::pair(15, 4), std::pair(1 << 30, 1 << 30), std::pair(-14, 4), std::pair(0, 4)})
    refused(with_pickle(shape, "(" + integer(rows) + integer(cols) + "t"), {"token_emb.weight", "storage"});
  refused(with_pickle(stride, "(" + integer(5) + integer(1) + "t"), {"token_emb.weight", "storage"});
  refused(with_pickle(stride, "(" + integer(-4) + integer(1) + "t"), {"token_emb.weight", "storage"});
  refused(with_pickle(integer(0) + shape, integer(1) + shape), {"token_emb.weight", "storage"});
  refused(with_pickle(integer(0) + shape, integer(-1) + shape), {"token_emb.weight", "storage"});
}

}  // namespace
}  // namespace carryscope::model
