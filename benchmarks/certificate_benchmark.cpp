// What a certificate costs: its size, writing it against searching, checking it.
//
// Usage: certificate_benchmark [FILE...]           without FILE the public checkpoints of ../shared
// Processor seconds of all threads, which a busy machine stretches less than the wall's. "search" is certify
// without a certificate (the median of three), "write" what keeping the leaves, building the bytes and
// writing them adds, and its share of the search; "check" is carryscope-check on two threads, "wall" the same
// by the clock. Targets: 2 MB; 20 %; 60 s for the 311 model.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "model/checkpoint/atomic_file.h"
#include "verify/certificate.h"
#include "verify/check/check.h"

namespace {

using namespace carryscope;
using verify::Semantics;

double cpu() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Median processor seconds of three runs.
template <class Run>
double median(Run&& run) {
  std::vector<double> seconds;
  for (int i = 0; i < 3; ++i) {
    const double before = cpu();
    run();
    seconds.push_back(cpu() - before);
  }
  std::ranges::sort(seconds);
  return seconds[1];
}

void measure(const std::string& file, Semantics semantics) {
  const model::Checkpoint checkpoint = model::load(file);
  verify::CertifyOptions options;
  options.semantics = semantics;
  options.margin = false;
  const double search = median([&] { certify(checkpoint.decoder, options); });
  options.leaves = true;
  const std::string path =
      std::filesystem::temp_directory_path() / fmt::format("certificate_benchmark.{}.cert", getpid());
  std::string bytes;
  const double both = median([&] {
    bytes =
        verify::certificate_bytes(checkpoint, certify(checkpoint.decoder, options), "certificate_benchmark");
    model::write_file(path, bytes);
  });
  std::remove(path.c_str());
  const auto certificate = verify::check::read_certificate(model::as_bytes(bytes), path);
  const auto started = std::chrono::steady_clock::now();
  const double before = cpu();
  const auto report = verify::check::check(certificate, checkpoint, 2, path);
  const double check = cpu() - before;
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("{:<18} {:<8} {:>8} {:>8} {:>9.2f} {:>8.3f} {:>6.1f} % {:>8.1f} {:>7.1f}  {:>24}\n",
             checkpoint.decoder.name, semantics == Semantics::real ? "real" : "float32", report.leaves,
             bytes.size(), search, both - search, 100 * (both - search) / search, check, wall,
             verify::to_string(report.total.wrong));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files(argv + 1, argv + argc);
  if (files.empty())
    for (const char* name : {"best_311p_s34.pt", "best_456p_s43.pt", "best_512params.pt"})
      files.push_back(std::string(CARRYSCOPE_SHARED_DIR) + "/checkpoints/" + name);
  fmt::print("{:<18} {:<8} {:>8} {:>8} {:>9} {:>8} {:>8} {:>8} {:>7}  {:>24}\n", "model", "", "leaves",
             "bytes", "search", "write", "", "check", "wall", "wrong, by the checker");
  try {
    for (const Semantics semantics : {Semantics::real, Semantics::float32})
      for (const std::string& file : files) measure(file, semantics);
  } catch (const std::exception& error) {
    fmt::print(stderr, "certificate_benchmark: {}\n", error.what());
    return 1;
  }
  return 0;
}
