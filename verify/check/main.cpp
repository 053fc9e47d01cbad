// carryscope-check CERTIFICATE FILE: checks what a certificate claims of the model in FILE.
//
// Exit code 0: every claim was derived anew. 1: refused, the leaf or the count that is wrong is named.
// 2: the certificate or the model cannot be read, or do not belong together.
#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "model/error.h"
#include "verify/check/check.h"

namespace {

using namespace carryscope;
namespace check = verify::check;

std::string grouped(check::Count value) {
  std::string text = check::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

void print_assumptions(const check::Certificate& c) {
  fmt::print(
      "assumed\n"
      "  the model's file is read as it is meant: its numbers, and which of them make up which matrix\n"
      "  FLINT/Arb's balls enclose what they should; 128-bit integers; the compiler\n");
  if (!c.float32) return;
  fmt::print(
      "  float32 programs round to nearest; exp, erf, tanh, sqrt, sin and cos are off by at most\n"
      "  {}, {}, {}, {}, {} and {} ulp\n",
      c.ulps.exp, c.ulps.erf, c.ulps.tanh, c.ulps.sqrt, c.ulps.sincos, c.ulps.sincos);
}

void print_report(const check::Certificate& c, const check::Report& r) {
  fmt::print(
      "checked\n"
      "  the model's sha256, its canonical form's, its layout; semantics {}\n"
      "  {} trees tile {} pairs at each of {} steps, to the last pair\n"
      "  {} of {} leaves claim something: each was proven anew, with {} boxes in ball arithmetic\n"
      "  {} witnesses were replayed\n",
      c.float32 ? "float32" : "real", c.trees.size(), grouped(r.total.total()), c.steps.size(), r.proven,
      r.leaves, r.boxes, c.witnesses.size());
  fmt::print("derived\n");
  for (std::size_t step = 0; step < r.steps.size(); ++step)
    if (r.steps[step].wrong > 0)
      fmt::print("  wrong at step {:<13} {:>28}, {} of them at no earlier one\n", step,
                 grouped(r.steps[step].wrong), grouped(r.first_failures[step]));
  fmt::print("  correct                     {:>28}\n  wrong                       {:>28}\n",
             grouped(r.total.correct), grouped(r.total.wrong));
  if (c.float32) fmt::print("  rounding-dependent          {:>28}\n", grouped(r.total.rounding));
  fmt::print("  undecided                   {:>28}\n", grouped(r.total.undecided));
}

void run(const std::string& certificate_path, const std::string& model_path, int threads) {
  const model::Bytes bytes = model::read_file(certificate_path);
  const check::Certificate certificate = check::read_certificate(bytes, certificate_path);
  const model::Checkpoint checkpoint = model::load(model_path);
  fmt::print("{}: {}, by {}\n  {}\n", certificate_path, checkpoint.decoder.name, certificate.program,
             certificate.command);
  print_assumptions(certificate);
  std::fflush(stdout);
  print_report(certificate, check::check(certificate, checkpoint, threads, certificate_path));
  fmt::print("ACCEPTED\n");
  if (std::fflush(stdout) != 0)
    throw model::InputError("standard output: could not write the result; check the disk or the pipe");
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
  } catch (const CLI::Success& help) {
    return program.exit(help);
  } catch (const CLI::ParseError& e) {
    fmt::print(stderr, "carryscope-check: {}; --help lists the flags\n", e.what());
    return 2;
  } catch (const check::Refused& e) {
    fmt::print(stderr, "carryscope-check: refused: {}\n", e.what());
    return 1;
  } catch (const carryscope::model::InputError& e) {
    fmt::print(stderr, "carryscope-check: {}\n", e.what());
    return 2;
  } catch (const std::exception& e) {
    fmt::print(stderr, "carryscope-check: {}\n", e.what());
    return 3;
  }
}
