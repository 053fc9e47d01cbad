// carryscope-check CERTIFICATE FILE: checks what a certificate claims of the model in FILE.
//
// Exit code 0: every claim was derived anew. 1: refused, the leaf or the count that is wrong is named.
// 2: the certificate or the model cannot be read, or do not belong together.
#include <iostream>
#include <thread>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "model/error.h"
#include "verify/check/check.h"

namespace {

using namespace carryscope;
namespace check = verify::check;

void run(const std::string& certificate_path, const std::string& model_path, int threads) {
  const model::Bytes bytes = model::read_file(certificate_path);
  const check::Certificate certificate = check::read_certificate(bytes, certificate_path);
  const model::Checkpoint checkpoint = model::load(model_path);
  std::cout << "assumed\n"
               "  the reader of the model's file and the table that names each matrix's factors (model/)\n"
               "  FLINT/Arb's balls, the compiler, 64-bit integers\n";
  if (certificate.float32)
    fmt::print("  float32: rounding to nearest, exp {} erf {} tanh {} sqrt {} sincos {} ulp\n",
               certificate.ulps.exp, certificate.ulps.erf, certificate.ulps.tanh, certificate.ulps.sqrt,
               certificate.ulps.sincos);
  std::cout << std::flush;
  const check::Report report = check::check(certificate, checkpoint, threads, certificate_path);
  fmt::print("{}\n", report.boxes);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Checks a certificate of carryscope certify, sharing no code with it", "carryscope-check");
  std::string certificate, model;
  int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  program.add_option("CERTIFICATE", certificate, "what carryscope certify --certificate wrote")->required();
  program.add_option("FILE", model, "the model it is about")->required();
  program.add_option("--threads", threads, "changes the time and nothing else")->check(CLI::Range(1, 1024));
  program.footer("Example: carryscope-check model.cert model.pt");
  try {
    program.parse(argc, argv);
    run(certificate, model, threads);
    return 0;
  } catch (const CLI::ParseError& e) {
    return program.exit(e) == 0 ? 0 : 2;
  } catch (const check::Refused& e) {
    fmt::print(stderr, "carryscope-check: refused: {}\n", e.what());
    return 1;
  } catch (const carryscope::model::InputError& e) {
    fmt::print(stderr, "carryscope-check: {}\n", e.what());
    return 2;
  }
}
