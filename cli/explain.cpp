// carryscope explain FILE|RUN -o DIR: how the model adds, as one record for each analysis; of a training
// run's folder also `progress`, what it learned when, and its best model.
//
// Writes DIR/<name>.json, each table in it also as DIR/<name>.<table>.csv, each text under its "files" as
// the file so named, and DIR/explain.json with what was written and what was refused. An analysis that cannot
// handle the model is refused by name and the others go on; where --only asked for it, the program ends with
// its sentence.
#include <chrono>
#include <filesystem>
#include <functional>
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
#include "model/error.h"
#include "model/record.h"

namespace carryscope::cli {
namespace {

using analysis::Analysis, analysis::Json, analysis::Subject;
using model::InputError;

constexpr std::string_view kProgress = "progress", kProgressAbout = "what a training run learns when";

struct Flags {
  std::string file, folder;
  std::vector<std::string> only;
  analysis::Options options;
};

std::string names() {
  std::string all;
  for (const Analysis& a : analysis::analyses()) all += (all.empty() ? "" : ", ") + std::string(a.name);
  return all + ", and of a run's folder " + std::string(kProgress);
}

bool wants(const Flags& flags, std::string_view name) {
  return flags.only.empty() || std::ranges::find(flags.only, name) != flags.only.end();
}

std::vector<const Analysis*> chosen(const Flags& flags) {
  const bool run = std::filesystem::is_directory(flags.file);
  for (const std::string& name : flags.only)
    if (std::ranges::find(analysis::analyses(), name, &Analysis::name) == analysis::analyses().end() &&
        !(run && name == kProgress))
      throw InputError(fmt::format("--only: there is no analysis '{}'; expected some of {}", name, names()));
  std::vector<const Analysis*> list;
  for (const Analysis& a : analysis::analyses())
    if (wants(flags, a.name)) list.push_back(&a);
  return list;
}

void make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder))
    throw InputError(fmt::format("{}: the folder for the records could not be made: {}; name another with -o",
                                 folder, error ? error.message() : "something else has that name"));
}

// Every table of the record at any depth, named by the path to it.
void write_tables(const Json& value, const std::string& path) {
  if (analysis::is_table(value)) {
    model::write_file(path + ".csv", analysis::csv(value));
  } else if (value.is_object()) {
    for (const auto& [key, entry] : value.items()) write_tables(entry, fmt::format("{}.{}", path, key));
  }
}

class Explanation {
 public:
  Explanation(const Flags& flags, const Subject& subject, const model::Record& record)
      : flags_(flags), subject_(subject), record_(record) {}

  void write(const Analysis& a) {
    write(a.name, a.about, [&] { return analysis::document(a, subject_); });
  }

  void write_progress() {
    write(kProgress, kProgressAbout, [&] {
      Json document = analysis::envelope(kProgress, subject_);
      document.update(analysis::progress(flags_.file, flags_.options));
      return document;
    });
  }

  void finish() const {
    Json out{{"format", "carryscope-explain"}, {"version", 1}, {"model", subject_.decoder().name}};
    out["file_sha256"] = subject_.checkpoint().sha256;
    out["analyses"] = rows_;
    out["record"] = record_.json();
    write_record("explain", out);
  }

 private:
  void write(std::string_view name, std::string_view about, const std::function<Json()>& make) {
    line_.show(fmt::format("{} ...", name));
    const auto start = std::chrono::steady_clock::now();
    Json row{{"name", name}, {"about", about}, {"file", nullptr}, {"refused", nullptr}};
    try {
      Json document = make();
      if (name != "model") document["record"] = record_.json();  // a decoder JSON holds nothing else
      write_record(std::string(name), document);
      row["file"] = std::string(name) + ".json";
    } catch (const InputError& refusal) {
      if (!flags_.only.empty())
        throw InputError(fmt::format("{}: {}: {}", flags_.file, name, refusal.what()));
      row["refused"] = refusal.what();
    }
    row["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    line_.clear();
    fmt::print(std::cout, "  {:<12} {:>6.1f} s  {}\n", name, row["seconds"].get<double>(),
               row["file"].is_null() ? "refused: " + row["refused"].get<std::string>() : std::string(about));
    std::cout.flush();
    rows_.push_back(std::move(row));
  }

  void write_record(const std::string& name, const Json& document) const {
    const std::string path = flags_.folder + "/" + name;
    model::write_file(path + ".json", document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
    write_tables(document, path);
    if (document.contains("files"))
      for (const auto& [file, text] : document["files"].items())
        model::write_file(flags_.folder + "/" + file, text.get<std::string>());
  }

  const Flags& flags_;
  const Subject& subject_;
  const model::Record& record_;
  StatusLine line_;
  Json rows_ = Json::array();
};

void run(Flags flags, const Context& context) {
  if (!(flags.options.time_limit > 0.0))
    throw InputError("--time-limit: expected a number of seconds above 0 (inf for no limit)");
  const auto list = chosen(flags);
  model::Record record(context.command);
  const bool is_run = std::filesystem::is_directory(flags.file);
  const std::string file = is_run ? model_of_run(flags.file) : flags.file;
  if (file.empty())
    throw InputError(flags.file +
                     ": holds neither best.pt nor repaired.pt; expected a model's file or a run's folder");
  model::Checkpoint checkpoint = model::load(file);
  record.add_input(file, checkpoint.sha256);
  const Interruptible interruptible;
  flags.options.interrupted = interruptible.flag();
  const Subject subject(std::move(checkpoint), flags.options);
  make_folder(flags.folder);
  fmt::print(std::cout, "{}: {} parameters, {} digits; records in {}\n", subject.decoder().name,
             subject.decoder().parameters, subject.decoder().layout.digits, flags.folder);
  Explanation explanation(flags, subject, record);
  if (is_run && wants(flags, kProgress)) explanation.write_progress();
  for (const Analysis* a : list) explanation.write(*a);
  explanation.finish();
}

}  // namespace

void add_explain(CLI::App& program, const Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App* const command = program.add_subcommand(
      "explain", "How the model adds: attention, geometry, neurons, margins and more, as JSON and CSV");
  command
      ->add_option("FILE", flags->file,
                   "a checkpoint (.pt, .safetensors, decoder JSON) or a training run's folder")
      ->required();
  command->add_option("-o", flags->folder, "the folder to write to; made if need be")->required();
  command->add_option("--only", flags->only, "some of " + names())->delimiter(',');
  command->add_option("--threads", flags->options.threads, "changes the time and nothing else")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command
      ->add_option("--time-limit", flags->options.time_limit,
                   "seconds, of each search that may not end by itself")
      ->capture_default_str();
  command->add_option("--samples", flags->options.samples, "pairs behind each sampled mean")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  command->add_option("--seed", flags->options.seed, "of the sampling")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->footer("Example: carryscope explain model.pt -o explained --threads 2");
  command->callback([flags, &context] { run(*flags, context); });
}

}  // namespace carryscope::cli
