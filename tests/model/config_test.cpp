// Exact parameter counts, the tying modes by hand, and settings there and back.
#include "model/config.h"

#include <gtest/gtest.h>

#include <map>

#include "model/checkpoint/model_config.h"
#include "tests/model/checkpoint_files.h"

namespace carryscope::model {
namespace {

using testing::expect_parts, testing::refusal;

TEST(Presets, EachHasAsManyParametersAsItsNameSays) {
  const std::vector<std::string> expected = {"973", "777", "582", "512", "491",
                                             "456", "311", "303", "295", "271"};
  ASSERT_EQ(presets().size(), expected.size());
  for (const std::string& name : expected) {
    EXPECT_EQ(parameters(preset(name)), std::stoi(name));
    EXPECT_NO_THROW(validate(preset(name), name));
  }
}

TEST(Presets, AnUnknownOneIsRefusedWithTheList) {
  expect_parts(refusal([] { preset("310"); }), {"310", "311", "973"});
}

TEST(Parts, BreakdownOf311) {
  const std::map<std::string, std::size_t> expected = {{"token_emb.weight", 56},
                                                       {"pos_emb.A", 99},
                                                       {"pos_emb.B", 12},
                                                       {"blocks.0.ln1.weight", 4},
                                                       {"blocks.0.attn.qkv_A", 12},
                                                       {"blocks.0.attn.qkv_Bq", 12},
                                                       {"blocks.0.attn.qkv_Bkv", 12},
                                                       {"blocks.0.attn.proj.A", 12},
                                                       {"blocks.0.attn.proj.B", 12},
                                                       {"blocks.0.ln2.weight", 4},
                                                       {"blocks.0.mlp.fc1.A", 12},
                                                       {"blocks.0.mlp.fc1.B", 24},
                                                       {"blocks.0.mlp.fc2.A", 24},
                                                       {"blocks.0.mlp.fc2.B", 12},
                                                       {"ln_f.weight", 4}};
  std::map<std::string, std::size_t> found;
  for (const Part& part : parts(preset("311"))) found[part.name] = part.size();
  EXPECT_EQ(found, expected);
}

// d = 7, r = 3: a factor has 21 numbers, a whole map 49.
TEST(Tying, NumbersOfTheQkvMapsInEveryMode) {
  const std::map<std::string, std::pair<int, int>> expected = {
      // with rank 3, whole (0 = not allowed)
      {"none", {21 + 63, 147}},  {"all", {42, 49}},         {"qk", {84, 98}},
      {"kv", {84, 98}},          {"shareA", {84, 0}},       {"shareB", {84, 0}},
      {"shareB_tieQK", {63, 0}}, {"shareB_tieKV", {63, 0}}, {"shareA_tieKV", {63, 0}},
      {"shareA_tieQK", {63, 0}}};
  ASSERT_EQ(tyings().size(), expected.size());
  const int rest = 512 - 84;
  for (const TyingRow& row : tyings()) {
    Config config = preset("512");
    config.tying = row.mode;
    EXPECT_EQ(parameters(config) - rest, expected.at(std::string(row.name)).first) << row.name;
    config.qkv_rank = 0;
    const int whole = expected.at(std::string(row.name)).second;
    if (whole == 0)
      expect_parts(refusal([&] { validate(config, "x.pt"); }), {"x.pt", "tie_qkv", row.name, "qkv_rank"});
    else
      EXPECT_EQ(parameters(config) - rest, whole) << row.name;
  }
}

TEST(Config, RangesAreChecked) {
  const auto refused = [](auto change, std::string_view field) {
    Config config = preset("311");
    change(config);
    expect_parts(refusal([&] { validate(config, "x.pt"); }), {"x.pt", field});
  };
  refused([](Config& c) { c.width = 0; }, "d_model");
  refused([](Config& c) { c.heads = 3; }, "n_head");
  refused([](Config& c) { c.context = 32; }, "max_seq_len");
  refused([](Config& c) { c.digits = 19; }, "digits");
  refused([](Config& c) { c.vocabulary = 13; }, "vocab_size");
  refused([](Config& c) { c.qkv_rank = -1; }, "qkv_rank");
  refused([](Config& c) { c.norm_eps = -1; }, "norm_eps");
  refused([](Config& c) { c.norm = NormType::none; }, "norm");
}

TEST(Settings, ThereAndBack) {
  for (const Config& config : testing::many_configs()) {
    ASSERT_NO_THROW(validate(config, "x"));
    EXPECT_EQ(config_from(settings_of(config), "x"), config);
  }
}

TEST(Settings, OfTheFamilyNameNoExtraKeys) { EXPECT_EQ(settings_of(preset("311")).size(), 13u); }

TEST(Settings, OldFilesLackTheLastTwo) {
  Settings settings = settings_of(preset("512"));
  std::erase_if(settings, [](const auto& s) { return s.first == "use_rmsnorm" || s.first == "tie_qkv"; });
  EXPECT_EQ(config_from(settings, "x"), preset("512"));
}

TEST(Settings, EachMissingWrongOrSurplusKeyIsNamed) {
  const Settings good = settings_of(preset("311"));
  for (const auto& [key, setting] : good) {
    Settings wrong = good;
    for (auto& s : wrong)
      if (s.first == key) s.second = Settings::value_type::second_type(std::string("seven"));
    expect_parts(refusal([&] { config_from(wrong, "x.pt"); }), {"x.pt", key});
    if (key == "dropout" || key == "use_rmsnorm" || key == "tie_qkv") continue;
    Settings missing = good;
    std::erase_if(missing, [&](const auto& s) { return s.first == key; });
    expect_parts(refusal([&] { config_from(missing, "x.pt"); }), {"x.pt", key, "missing"});
  }
  Settings surplus = good;
  surplus.emplace_back("rope", true);
  expect_parts(refusal([&] { config_from(surplus, "x.pt"); }), {"x.pt", "rope"});
  Settings deep = good;
  deep[0].second = std::int64_t{2};
  expect_parts(refusal([&] { config_from(deep, "x.pt"); }), {"n_layer", "decoder JSON"});
}

}  // namespace
}  // namespace carryscope::model
