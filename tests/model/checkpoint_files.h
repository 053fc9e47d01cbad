// What the checkpoint tests share: random models of the family, a folder that disappears, the sentence
// of a refusal, and Python's own torch to compare with.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "model/checkpoint/bytes.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"

namespace carryscope::model::testing {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "carryscope-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline std::string shared_file(const std::string& name) {
  return std::string(CARRYSCOPE_SHARED_DIR) + "/" + name;
}

inline std::string content(const std::string& path) {
  const Bytes bytes = read_file(path);
  return std::string(as_text(bytes));
}

inline void put(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The sentence that `action` is refused with; empty, and a failure, where it is not refused.
template <class Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    std::string sentence = error.what();
    EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
    return sentence;
  } catch (const std::exception& error) {
    ADD_FAILURE() << "not an InputError: " << error.what();
    return "";
  }
  ADD_FAILURE() << "it was accepted";
  return "";
}

inline void expect_parts(const std::string& sentence, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts)
    EXPECT_NE(sentence.find(part), std::string::npos) << "'" << part << "' is not in: " << sentence;
}

inline Factored random_model(const Config& config, unsigned seed, Precision stored = Precision::float32) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal;
  Factored model{config, stored, {}};
  for (const Part& part : parts(config)) {
    Tensor tensor{part.name, {}, {}};
    if (part.rows != 0) tensor.shape.push_back(part.rows);
    tensor.shape.push_back(part.cols);
    for (std::size_t i = 0; i < part.size(); ++i) {
      const double v = normal(generator);
      tensor.values.push_back(stored == Precision::float32 ? static_cast<double>(static_cast<float>(v)) : v);
    }
    model.tensors.push_back(std::move(tensor));
  }
  return model;
}

inline Checkpoint random_checkpoint(const Config& config, unsigned seed,
                                    Precision stored = Precision::float32) {
  Checkpoint checkpoint;
  checkpoint.factored = random_model(config, seed, stored);
  checkpoint.decoder = multiply_out(*checkpoint.factored);
  checkpoint.decoder.name = "random";
  checkpoint.decoder.source = "a test";
  checkpoint.step = 12345;
  checkpoint.val_exact = 0.8125;
  return checkpoint;
}

inline void expect_same(const Factored& a, const Factored& b) {
  EXPECT_EQ(a.config, b.config);
  EXPECT_EQ(a.stored, b.stored);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    EXPECT_EQ(a.tensors[i].name, b.tensors[i].name);
    EXPECT_EQ(a.tensors[i].shape, b.tensors[i].shape);
    EXPECT_EQ(a.tensors[i].values, b.tensors[i].values) << a.tensors[i].name;
  }
}

// Every tying mode with a rank, the four that allow it without, both norms, odd shapes.
inline std::vector<Config> many_configs() {
  std::vector<Config> list;
  for (const Preset& p : presets()) list.push_back(p.config);
  for (const TyingRow& row : tyings())
    for (const int rank : {0, 1, 2}) {
      Config config;
      config.width = 6;
      config.heads = rank == 1 ? 1 : 2;
      config.feed_forward = 5;
      config.digits = 2 + rank;
      config.context = 3 * config.digits + 4;
      config.pos_rank = rank;
      config.qkv_rank = rank;
      config.attn_out_rank = 2 - rank;
      config.ffn_rank = rank;
      config.norm = rank == 1 ? NormType::layer : NormType::rms;
      config.norm_eps = rank == 2 ? 1e-6 : family_eps(config.norm);
      config.activation = rank == 2 ? Activation::gelu_tanh : Activation::gelu_erf;
      config.tying = row.mode;
      if (rank > 0 || !row.whole[0].empty()) list.push_back(config);
    }
  return list;
}

inline bool python_has_torch() {
  static const bool has = std::system("/usr/bin/python3 -c 'import torch' >/dev/null 2>&1") == 0;
  return has;
}

// Runs a script of the tests' folder with Debian's Python; its complaints come out on stderr.
inline int run_python(const std::string& script, const std::string& arguments) {
  return std::system(
      ("/usr/bin/python3 '" CARRYSCOPE_SOURCE_DIR "/tests/model/" + script + "' " + arguments).c_str());
}

}  // namespace carryscope::model::testing
