// make_seeds FOLDER: writes the committed seeds again, small random models in every format.
#include <filesystem>
#include <random>

#include "model/checkpoint/atomic_file.h"
#include "model/checkpoint/decoder_json.h"
#include "model/checkpoint/safetensors.h"
#include "model/checkpoint/torch_file.h"
#include "model/checkpoint/zip_reader.h"
#include "tests/model/zip_builder.h"

using namespace carryscope::model;

namespace {

Checkpoint small_model(QkvTying mode, int rank, NormType norm) {
  Config config;
  config.digits = 1;
  config.width = 2;
  config.feed_forward = 1;
  config.context = 6;
  config.pos_rank = config.qkv_rank = config.attn_out_rank = config.ffn_rank = rank;
  config.norm = norm;
  config.norm_eps = family_eps(norm);
  config.tying = mode;
  Checkpoint checkpoint;
  Factored model{config, Precision::float32, {}};
  std::mt19937 generator(1);
  for (const Part& part : parts(config)) {
    Tensor tensor{part.name, {}, {}};
    if (part.rows != 0) tensor.shape.push_back(part.rows);
    tensor.shape.push_back(part.cols);
    for (std::size_t i = 0; i < part.size(); ++i)
      tensor.values.push_back(static_cast<double>(generator() % 64) / 32 - 1);
    model.tensors.push_back(std::move(tensor));
  }
  checkpoint.decoder = multiply_out(model);
  checkpoint.decoder.name = "seed";
  checkpoint.factored = std::move(model);
  checkpoint.step = 3;
  checkpoint.val_exact = 0.5;
  return checkpoint;
}

void write(const std::string& folder, const std::string& name, const Checkpoint& c) {
  const auto put = [&](const std::string& target, std::string_view bytes, const std::string& suffix = "") {
    std::filesystem::create_directories(folder + "/" + target);
    write_file(folder + "/" + target + "/" + name + suffix, bytes);
  };
  const std::string torch = write_torch(c);
  const ZipReader zip(as_bytes(torch), "seed");
  const Bytes pickle = zip.read(*zip.find("checkpoint/data.pkl"));
  put("zip_fuzz", torch);
  testing::ZipItem deflated{"checkpoint/data.pkl", std::string(as_text(pickle))};
  deflated.deflate = true;
  put("zip_fuzz", testing::zip({deflated, {"checkpoint/version", "3"}}), "_deflated");
  put("unpickler_fuzz", as_text(pickle));
  put("torch_file_fuzz", as_text(pickle));
  put("safetensors_fuzz", write_safetensors(c));
  put("decoder_json_fuzz", write_decoder_json(c.decoder));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  write(argv[1], "shared", small_model(QkvTying::shareA_tieKV, 1, NormType::rms));
  write(argv[1], "whole", small_model(QkvTying::none, 0, NormType::layer));
}
