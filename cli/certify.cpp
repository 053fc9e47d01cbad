// carryscope certify FILE: how many of all operand pairs the model gets wrong, proven.
//
// Prints the counts, the tables by step and by cascade class, the failing regions and the smallest
// margin; --json writes everything (docs/schemas/certify.schema.json). Ctrl-C or --time-limit end the
// search with the bracket proven so far; a second Ctrl-C ends the program.
#include <unistd.h>

#include <charconv>
#include <iostream>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/json_output.h"
#include "model/checkpoint/atomic_file.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"
#include "model/record.h"
#include "verify/certificate.h"
#include "verify/certify_json.h"
#include "verify/certify_text.h"

namespace carryscope::cli {
namespace {

using model::InputError;
using nlohmann::ordered_json;
using verify::Certification, verify::CertifyOptions, verify::LibraryUlps, verify::Progress;

struct Flags {
  std::string file;
  std::string semantics = "real";
  std::string ulps;
  double time_limit = 60.0;  // seconds
  int threads = 1;
  int regions = 10;
  bool no_margin = false;
  std::string weights_of;
  std::string json_path, certificate_path;
};

struct UlpsField {
  std::string_view name;
  double LibraryUlps::*bound;
};

constexpr UlpsField kUlpsFields[] = {
    {"exp", &LibraryUlps::exp},   {"erf", &LibraryUlps::erf},       {"tanh", &LibraryUlps::tanh},
    {"sqrt", &LibraryUlps::sqrt}, {"sincos", &LibraryUlps::sincos},
};

[[noreturn]] void reject_ulps(const std::string& item) {
  throw InputError(fmt::format(
      "--ulps: '{}' is not understood; expected bounds of exp, erf, tanh, sqrt or sincos, each once, "
      "such as exp=40,erf=20",
      item));
}

// "exp=40,erf=20": the bounds named; the others keep their defaults.
LibraryUlps parse_ulps(const std::string& text) {
  LibraryUlps ulps;
  std::set<std::string_view> seen;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string item = text.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = std::min(item.find('='), item.size());
    const auto field = std::ranges::find(kUlpsFields, item.substr(0, equals), &UlpsField::name);
    const char* const from = item.data() + std::min(equals + 1, item.size());
    const char* const to = item.data() + item.size();
    if (field == std::end(kUlpsFields) || !seen.insert(field->name).second) reject_ulps(item);
    const auto [stop, problem] = std::from_chars(from, to, ulps.*field->bound);
    if (problem != std::errc{} || stop != to) reject_ulps(item);
  }
  return ulps;
}

// One line on a terminal, rewritten in place and gone at the end.
class ProgressLine {
 public:
  explicit ProgressLine(double time_limit) : time_limit_(time_limit) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }

  static bool wanted() { return isatty(STDERR_FILENO) == 1; }

  void show(const Progress& p) {
    shown_ = true;
    fmt::print(std::cerr, "\r\033[K{} of {} questions decided, {:.0f} s{}", p.decided, p.questions, p.seconds,
               remaining(p));
    std::cerr.flush();
  }

 private:
  // As if every question took as long as those finished so far; the time limit bounds it.
  std::string remaining(const Progress& p) const {
    double left = time_limit_ - p.seconds;
    if (p.decided > 0) left = std::min(left, p.seconds * (p.questions - p.decided) / p.decided);
    if (left == verify::kInfinity) return "";
    return fmt::format(", about {:.0f} s left; Ctrl-C ends with what is proven", std::max(left, 0.0));
  }

  double time_limit_;
  bool shown_ = false;
};

Certification certify(const Flags& flags, const model::Decoder& decoder) {
  CertifyOptions options;
  options.semantics = flags.semantics == "real" ? verify::Semantics::real : verify::Semantics::float32;
  options.threads = flags.threads;
  options.time_limit = flags.time_limit;
  options.margin = !flags.no_margin;
  options.regions = flags.regions;
  options.leaves = !flags.certificate_path.empty();
  if (!flags.weights_of.empty()) options.mixture = verify::read_mixture(flags.weights_of, decoder.layout);
  const Interruptible interruptible;
  options.interrupted = interruptible.flag();
  ProgressLine line(flags.time_limit);
  if (ProgressLine::wanted()) options.progress = [&line](const Progress& p) { line.show(p); };
  try {
    return verify::certify(decoder, options);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", flags.file, error.what()));
  }
}

void check(const Flags& flags) {
  if (!(flags.time_limit > 0.0))
    throw InputError("--time-limit: expected a number of seconds above 0 (inf for no limit)");
  if (!flags.ulps.empty() && flags.semantics == "real")
    throw InputError(
        "--ulps: the real semantics rounds nothing; add --semantics float32, or leave --ulps out");
}

void write_certificate(const Flags& flags, const Context& context, const model::Checkpoint& checkpoint,
                       const Certification& result) {
  const std::string command = fmt::format("{}", fmt::join(context.command, " "));
  const std::string bytes = verify::certificate_bytes(checkpoint, result, command);
  model::write_file(flags.certificate_path, bytes);
  if (flags.json_path != "-")
    fmt::print(std::cout, "\ncertificate: {}, {} bytes; carryscope-check {} {} checks it\n",
               flags.certificate_path, bytes.size(), flags.certificate_path, flags.file);
}

void run(const Flags& flags, const Context& context) {
  check(flags);
  if (!flags.ulps.empty()) verify::set_library_ulps(parse_ulps(flags.ulps));
  model::Record record(context.command);
  const model::Checkpoint checkpoint = model::load(flags.file);
  record.add_input(flags.file, checkpoint.sha256);
  const Certification result = certify(flags, checkpoint.decoder);
  if (flags.json_path != "-") std::cout << verify::to_text(checkpoint.decoder, result);
  if (!flags.certificate_path.empty()) write_certificate(flags, context, checkpoint, result);
  if (flags.json_path.empty()) return;
  ordered_json out = verify::to_json(checkpoint.decoder, result);
  out["file_sha256"] = checkpoint.sha256;
  out["record"] = record.json();
  write_json(flags.json_path, out);
}

}  // namespace

void add_certify(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command = program.add_subcommand(
      "certify", "How many of all operand pairs the model gets wrong, proven to the last pair");
  command->add_option("FILE", flags->file, "a checkpoint: .pt, .safetensors or decoder JSON")->required();
  command
      ->add_option("--semantics", flags->semantics,
                   "real: the function over the reals; float32: every float32 evaluation at once")
      ->check(CLI::IsMember({"real", "float32"}))
      ->capture_default_str();
  command->add_option("--ulps", flags->ulps,
                      "how far float32 library functions may be off, where not the default: exp=40,erf=20,"
                      "tanh=8,sqrt=4,sincos=4");
  command
      ->add_option("--time-limit", flags->time_limit,
                   "seconds for the search; what is undecided then is reported as a bracket")
      ->capture_default_str();
  command->add_option("--threads", flags->threads, "changes the time and nothing else")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--regions", flags->regions, "how many failing regions to show")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command->add_flag("--no-margin", flags->no_margin, "skip the search for the smallest margin");
  command->add_option(
      "--weights-of", flags->weights_of,
      "also count by another distribution of operands: lengths (1 to n digits alike), cascades "
      "(classes alike), or a JSON file of conditions with weights (docs/hunt.md)");
  add_json_option(*command, flags->json_path);
  command->add_option("--certificate", flags->certificate_path,
                      "write every leaf of the proof to this file, for carryscope-check");
  command->footer("Example: carryscope certify model.pt --semantics float32 --json certify.json");
  command->callback([flags, &context] { run(*flags, context); });
}

}  // namespace carryscope::cli
