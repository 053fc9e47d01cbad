// carryscope report PATH... -o report.html: one page on a model, several models side by side.
//
// A PATH is a folder of records (explain), of a run (train, repair, sweep), what sweep --json wrote or a
// model's file. What a folder
// has not, the page names with the command that makes it; of a run without records, and of a file, the
// records are made first, in memory, each search within --time-limit.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "analysis/analyses.h"
#include "analysis/progress.h"
#include "cli/command.h"
#include "cli/interruptible.h"
#include "cli/run_model.h"
#include "cli/status_line.h"
#include "model/checkpoint/atomic_file.h"
#include "model/checkpoint/sha256.h"
#include "model/error.h"
#include "model/record.h"
#include "reports/compare.h"
#include "reports/error.h"
#include "reports/markdown.h"
#include "reports/page.h"

namespace carryscope::cli {
namespace {

namespace fs = std::filesystem;
using model::InputError;
using reports::Records;

struct Flags {
  std::vector<std::string> paths, only;
  std::string out, markdown;
  analysis::Options options;
};

// Of an analysis that refuses the model, its sentence; the page shows it.
nlohmann::json document(const analysis::Analysis& a, const analysis::Subject& subject,
                        const std::string& file) {
  try {
    nlohmann::json out = analysis::document(a, subject);
    if (a.name == "model") return out;
    model::Record record({"carryscope", "explain", file, "-o", "DIR", "--only", std::string(a.name)});
    record.add_input(file, subject.checkpoint().sha256);
    out["record"] = record.json();
    return out;
  } catch (const InputError& refusal) {
    return {{"refused", refusal.what()}};
  }
}

void explain(const Flags& flags, const std::string& file, Records& records) {
  StatusLine line;
  const analysis::Subject subject(model::load(file), flags.options);
  if (records.name.empty()) records.name = subject.decoder().name;
  for (const analysis::Analysis& a : analysis::analyses()) {
    const bool wanted = flags.only.empty() || std::ranges::find(flags.only, a.name) != flags.only.end();
    if (!wanted || records.find(a.name)) continue;
    line.show(fmt::format("{}: {} ...", file, a.name));
    records.by_name[std::string(a.name)] = document(a, subject, file);
  }
  line.clear();
}

// What a run that kept snapshots learned when.
void note_progress(const Flags& flags, const std::string& folder, Records& records) {
  try {
    nlohmann::json progress = analysis::progress(folder, flags.options);
    progress["format"] = "carryscope-progress";
    records.by_name["progress"] = std::move(progress);
  } catch (const InputError& refusal) {
    records.by_name["progress"] = {{"refused", refusal.what()}};
  }
}

void note_certificate(const fs::path& folder, Records& records) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".cert") found.push_back(entry.path());
  if (found.empty()) return;
  const fs::path path = *std::ranges::min_element(found);
  std::ifstream file(path, std::ios::binary);
  const std::vector<unsigned char> bytes{std::istreambuf_iterator<char>(file), {}};
  records.by_name["certificate"] = {
      {"file", path.filename().string()}, {"bytes", bytes.size()}, {"sha256", model::sha256(bytes)}};
}

Records gather(const Flags& flags, const std::string& path) {
  Records records;
  if (!fs::is_directory(path)) {
    if (auto sweep = reports::read_sweep(path)) return *sweep;
    explain(flags, path, records);
    return records;
  }
  records = reports::read_records(path);
  note_certificate(path, records);
  const std::string trained = model_of_run(path);
  if (!trained.empty() && !records.find("certify")) explain(flags, trained, records);
  if (records.find("metrics") && !records.find("progress")) note_progress(flags, path, records);
  if (records.by_name.empty())
    throw InputError(
        fmt::format("{}: holds no records; expected a folder that explain, train, repair or sweep wrote, or "
                    "a model's file",
                    path));
  return records;
}

void run(Flags flags) {
  if (!(flags.options.time_limit > 0.0))
    throw InputError("--time-limit: expected a number of seconds above 0 (inf for no limit)");
  for (const std::string& name : flags.only)
    if (std::ranges::find(analysis::analyses(), name, &analysis::Analysis::name) ==
        analysis::analyses().end())
      throw InputError(
          fmt::format("--only: there is no record '{}'; carryscope explain --help lists them", name));
  const Interruptible interruptible;
  flags.options.interrupted = interruptible.flag();
  std::vector<Records> all;
  for (const std::string& path : flags.paths) all.push_back(gather(flags, path));
  const std::string page = all.size() == 1 ? reports::page(all[0]) : reports::comparison(all);
  if (!flags.markdown.empty()) model::write_file(flags.markdown, reports::markdown(all));
  model::write_file(flags.out, page);
  fmt::print(std::cout, "{}: {:.2f} MB, opens offline{}\n", flags.out, static_cast<double>(page.size()) / 1e6,
             reports::has_charts() ? ""
                                   : "; tables in place of charts, because this program was built without "
                                     "plotly.js (scripts/setup installs python3-plotly and esbuild)");
}

}  // namespace

void add_report(CLI::App& program, const Context&) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command =
      program.add_subcommand("report", "One offline HTML page on a model or a run; several side by side");
  command->add_option("PATH", flags->paths, "folders of explain, train, repair or sweep, or models' files")
      ->required();
  command->add_option("-o,--out", flags->out, "the page to write")->required();
  command->add_option("--markdown", flags->markdown, "write a summary for a pull request to this file too");
  command->add_option("--only", flags->only, "of a model's file, only these records: certify,attention")
      ->delimiter(',');
  command->add_option("--threads", flags->options.threads, "changes the time and nothing else")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command
      ->add_option("--time-limit", flags->options.time_limit,
                   "seconds, of each search that may not end by itself")
      ->capture_default_str();
  command->footer("Example: carryscope report model.pt -o report.html");
  command->callback([flags] {
    try {
      run(*flags);
    } catch (const reports::BadRecord& bad) {
      throw InputError(bad.what());
    }
  });
}

}  // namespace carryscope::cli
