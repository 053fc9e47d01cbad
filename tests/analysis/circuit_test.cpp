// Circuits against brute force: every pair of one- and two-digit models, by a forward pass written here that
// cuts parts as it goes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "analysis/analyses.h"
#include "analysis/circuit_step.h"
#include "model/planted.h"
#include "tests/analysis/cut_reference.h"
#include "tests/model/checkpoint_files.h"
#include "tests/verify/random_models.h"

namespace carryscope {
namespace {

using analysis::Json, analysis::Subject;
using model::Decoder, model::Pair;
using test::CutReference;

constexpr double kUnclear = 1e-9;  // logits

Subject subject_of(const Decoder& decoder) {
  model::Checkpoint checkpoint;
  checkpoint.decoder = decoder;
  return Subject(std::move(checkpoint), {.threads = 2});
}

Json record_of(const Subject& subject) {
  const auto row = std::ranges::find(analysis::analyses(), "circuit", &analysis::Analysis::name);
  return document(*row, subject);
}

std::vector<Pair> means_of(const Decoder& decoder) {
  auto pairs = model::uniform_pairs(1000, 0, decoder.layout.digits).pairs;
  pairs.resize(200);
  return pairs;
}

std::vector<Json> rows(const Json& table) {
  std::vector<Json> all;
  for (const Json& row : table["rows"]) {
    all.emplace_back(Json::object());
    for (std::size_t i = 0; i < row.size(); ++i)
      all.back()[table["columns"][i]["name"].get<std::string>()] = row[i];
  }
  return all;
}

std::string part_of(const Json& edge) {
  const std::string node = edge["node"];
  return edge["index"].is_null() ? node : node + " " + std::to_string(edge["index"].get<int>());
}

// Pairs of which the step's answer is another one for sure, and those that doubles cannot tell.
struct Truth {
  std::uint64_t changed = 0, unclear = 0;
};

Truth brute_force(CutReference& reference, int digits, int step, const CutReference::Parts& cut) {
  Truth truth;
  for (std::uint64_t i = 0; i < test::domain_size(digits); ++i) {
    const auto whole = reference.answer(step, test::pair_of(i, digits), {}),
               now = reference.answer(step, test::pair_of(i, digits), cut);
    if (whole.margin < kUnclear || now.margin < kUnclear)
      ++truth.unclear;
    else
      truth.changed += whole.token != now.token;
  }
  return truth;
}

std::uint64_t fresh() {
  const std::uint64_t seed = test::fresh_seed();
  std::printf("CARRYSCOPE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

// The circuit changes no pair; each kept edge's witness changes without it.
void expect_circuit(const Decoder& decoder, const Json& record) {
  const int digits = decoder.layout.digits;
  CutReference reference(decoder, means_of(decoder));
  std::map<int, CutReference::Parts> cut;
  std::size_t kept = 0, all = 0;
  for (const Json& edge : rows(record["edges"])) {
    if (edge["proof"] == "never cut") continue;
    ++all;
    kept += edge["kept"].get<bool>();
    EXPECT_TRUE(reference.parts(edge["step"]).contains(part_of(edge))) << edge;
    if (!edge["kept"]) cut[edge["step"]].insert(part_of(edge));
    EXPECT_EQ(edge["kept"].get<bool>(), edge["proof"] != "zero");
  }
  EXPECT_EQ(record["kept"], kept);
  EXPECT_EQ(record["of"], all);
  for (int step = 0; step < decoder.layout.answer_digits(); ++step) {
    all -= reference.parts(step).size();
    EXPECT_EQ(brute_force(reference, digits, step, cut[step]).changed, 0u) << "step " << step;
  }
  EXPECT_EQ(all, 0u);
  for (const Json& edge : rows(record["edges"])) {
    if (edge["proof"] != "witness") continue;
    const Pair pair{edge["witness_a"], edge["witness_b"]};
    CutReference::Parts more = cut[edge["step"]];
    more.insert(part_of(edge));
    EXPECT_EQ(reference.answer(edge["step"], pair, {}).token, edge["whole"].get<int>()) << edge;
    EXPECT_EQ(reference.answer(edge["step"], pair, more).token, edge["without"].get<int>()) << edge;
    EXPECT_NE(edge["whole"], edge["without"]);
  }
}

// Models with few parts: an adder with noise, weights at random.
Decoder small(std::uint64_t seed) {
  model::testing::Random random(seed);
  return model::testing::random_decoder(random, test::wanted(random, 1));
}

CutReference::Parts names_of(const std::vector<analysis::Part>& parts, analysis::Cut cut) {
  CutReference::Parts names;
  for (std::size_t p = 0; p < parts.size(); ++p)
    if (cut >> p & 1)
      names.insert(std::string(parts[p].node) +
                   (parts[p].index < 0 ? "" : " " + std::to_string(parts[p].index)));
  return names;
}

// Also that the cubes said to be changed are. What brute force says.
Truth expect_changed(const analysis::CircuitStep& one, analysis::Cut cut, bool known, CutReference& reference,
                     int digits) {
  const analysis::StepParts& parts = one.parts();
  const CutReference::Parts names = names_of(parts.parts(), cut);
  const Truth truth = brute_force(reference, digits, parts.step(), names);
  const analysis::Changed counted = one.count(cut, 1'000'000);
  EXPECT_LE(counted.changed, truth.changed + truth.unclear);
  EXPECT_GE(counted.changed + counted.undecided, truth.changed);
  if (known) {
    EXPECT_LE(counted.undecided, truth.unclear);
  }
  for (const verify::Cube& cube : counted.certain) {
    const Pair pair = verify::nth_pair(cube, 0);
    const auto sums = parts.read(pair);
    EXPECT_EQ(parts.answer(sums, cut).token, reference.answer(parts.step(), pair, names).token);
    EXPECT_TRUE(truth.unclear > 0 || parts.answer(sums, cut).token != parts.answer(sums, 0).token);
  }
  return truth;
}

TEST(Circuit, ChangedPairsAreCountedAsBruteForceDoes) {
  std::uint64_t changed = 0, wrong = 0;
  const std::uint64_t first = fresh();
  for (std::uint64_t seed = first; seed < first + 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Decoder decoder = test::decoder_of(seed, 1);
    const Subject subject = subject_of(decoder);
    const analysis::Network network(subject.decoder());
    const verify::Deadline never(verify::kInfinity);
    const auto exceptions = analysis::exceptions(network, subject.certification(), 1, never);
    const std::vector<Pair> means = means_of(decoder);
    CutReference reference(decoder, means);
    std::mt19937_64 random(seed);
    for (int step = 0; step < decoder.layout.answer_digits(); ++step) {
      const auto& excepted = exceptions[static_cast<std::size_t>(step)];
      wrong += excepted.size();
      const analysis::CircuitStep one(subject, network, excepted, step, means, never);
      const analysis::Cut cut = random() & random() & one.parts().all();
      changed +=
          expect_changed(one, cut, analysis::known(excepted), reference, decoder.layout.digits).changed;
    }
  }
  EXPECT_GT(changed, 0u);
  EXPECT_GT(wrong, 0u);
}

// No smaller set of parts answers alike, by trying all of them.
TEST(Circuit, NothingSmallerDoes) {
  const std::uint64_t first = fresh();
  int looked_at = 0, minima = 0;
  for (std::uint64_t seed = first; looked_at < 4 && seed < first + 100; ++seed) {
    const Decoder decoder = small(seed);
    CutReference reference(decoder, means_of(decoder));
    const auto parts = reference.parts(1);
    if (parts.size() > 9) continue;
    ++looked_at;
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Json record = record_of(subject_of(decoder));
    expect_circuit(decoder, record);
    const std::vector<std::string> list(parts.begin(), parts.end());
    std::size_t fewest = list.size();
    for (std::size_t set = 0; set < std::size_t{1} << list.size(); ++set) {
      CutReference::Parts cut;
      for (std::size_t p = 0; p < list.size(); ++p)
        if (set >> p & 1) cut.insert(list[p]);
      const std::size_t kept = list.size() - cut.size();
      if (kept >= fewest) continue;
      const Truth truth = brute_force(reference, 1, 1, cut);
      if (truth.changed == 0 && truth.unclear == 0) fewest = kept;
    }
    const Json step = rows(record["steps"])[1];
    EXPECT_GE(step["kept"].get<std::size_t>(), fewest);
    if (step["minimum"]) {
      ++minima;
      EXPECT_EQ(step["kept"].get<std::size_t>(), fewest);
    }
  }
  EXPECT_EQ(looked_at, 4);
  EXPECT_GT(minima, 0);
}

const Decoder& planted() {
  static const Decoder decoder = model::planted_adder(2, {model::make_needle(2, 1, 2)});
  return decoder;
}
const Json& planted_record() {
  static const Json record = record_of(subject_of(planted()));
  return record;
}

TEST(Circuit, OfAPlantedAdderIsItsWiring) {
  expect_circuit(planted(), planted_record());
  for (const Json& edge : rows(planted_record()["edges"])) {
    const std::string node = edge["node"];
    if (edge["step"] == 1 && (node == "a_t" || node == "b_t" || node == "a_t-1" || node == "b_t-1")) {
      EXPECT_TRUE(edge["kept"]) << edge;
      EXPECT_GT(edge["harm"], 0.0) << edge;
    }
    if (edge["step"] != 2 && node.starts_with("far")) {
      EXPECT_FALSE(edge["kept"]) << edge;
    }
  }
}

TEST(Circuit, CurveFallsFromAllToNone) {
  const auto points = rows(planted_record()["curve"]);
  EXPECT_EQ(points.front()["edges"], planted_record()["of"]);
  EXPECT_EQ(points.front()["fidelity"], 1.0);
  EXPECT_EQ(points.back()["edges"], 0);
  EXPECT_LT(points.back()["fidelity"], 0.5);
  double area = 0.0;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    EXPECT_EQ(points[i]["edges"].get<int>(), points[i + 1]["edges"].get<int>() + 1);
    area += 0.5 * (points[i]["fidelity"].get<double>() + points[i + 1]["fidelity"].get<double>());
  }
  area /= static_cast<double>(points.size() - 1);
  EXPECT_NEAR(planted_record()["area"]["fidelity"].get<double>(), area, 1e-12);
  const auto sizes = rows(planted_record()["sizes"]);
  EXPECT_EQ(sizes.front()["fidelity"], 1.0);
  EXPECT_EQ(sizes.front()["edges"], planted_record()["kept"]);
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
    EXPECT_GE(sizes[i]["edges"].get<int>(), sizes[i + 1]["edges"].get<int>());
}

bool installed(const std::string& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}

TEST(Circuit, GraphsAreRead) {
  const model::testing::Folder temporary;
  const std::string folder = temporary.path() + "/";
  for (const auto& [file, text] : planted_record()["files"].items())
    std::ofstream(folder + file) << text.get<std::string>();
  const std::string count =
      "/usr/bin/python3 -c \"import sys, xml.etree.ElementTree as x; g = "
      "x.parse('" +
      folder + "circuit.graphml').getroot().find('{*}graph'); sys.exit(len(g.findall('{*}edge')) != " +
      std::to_string(planted_record()["edges"]["rows"].size()) + ")\"";
  EXPECT_TRUE(installed(count)) << count;
  const Json nodes = Json::parse(planted_record()["files"]["circuit.neuronpedia.json"].get<std::string>());
  std::set<Json> ids;
  for (const Json& node : nodes["nodes"]) EXPECT_TRUE(ids.insert(node["node_id"]).second) << node;
  for (const Json& link : nodes["links"])
    EXPECT_TRUE(ids.contains(link["source"]) && ids.contains(link["target"])) << link;
  EXPECT_GE(nodes["links"].size(), planted_record()["kept"].get<std::size_t>());
  if (!installed("dot -V")) GTEST_SKIP() << "no dot";
  EXPECT_TRUE(installed("dot -Tsvg '" + folder + "circuit.dot'"));
}

TEST(Circuit, ObeysItsSchema) {
  if (!installed("/usr/bin/python3 -c 'import jsonschema'")) GTEST_SKIP() << "no python3-jsonschema";
  const model::testing::Folder temporary;
  const std::string file = temporary / "circuit.json";
  const std::string validate = "/usr/bin/python3 -m jsonschema -i '" + file +
                               "' " CARRYSCOPE_SOURCE_DIR "/docs/schemas/circuit.schema.json";
  std::ofstream(file) << planted_record();
  EXPECT_TRUE(installed(validate));
  Json broken = planted_record();
  broken["edges"]["rows"][0][5] = "surely";
  std::ofstream(file) << broken;
  EXPECT_FALSE(installed(validate));
}

}  // namespace
}  // namespace carryscope
