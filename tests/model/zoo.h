// The public adders in ../shared/zoo, and what their authors' own code got on the AdderBoard test.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "model/pairs.h"

namespace carryscope::model::testing {

struct ZooModel {
  const char* name;
  std::uint64_t correct;  // of 10,010
};

inline constexpr ZooModel kZoo[] = {
    {"rezabyt_311p", 10010},         {"yinglunz_456p_s43", 10010},
    {"yinglunz_512p", 10008},        {"staghado_122", 10005},
    {"staghado_137_lbfgs", 10006},   {"staghado_146_lbfgs", 10010},
    {"dimopep_140p", 10010},         {"warlockee_58p", 10010},
    {"warlockee_49p", 10009},        {"microadder_67p", 10010},
    {"microadder_71p", 10010},       {"microadder_100p", 10010},
    {"microadder_203p", 10010},      {"jackcai_242p", 9917},
    {"jackcai_438p", 9993},          {"fblissjr_204p_trained", 10010},
    {"fblissjr_456p_trained", 9982}, {"hand_Lokimorty_10p", 10010},
    {"hand_Wonderfall_121p", 10010}, {"hand_lichengliu03_50p", 10010},
    {"hand_cosminscn_130p", 10010},  {"hand_SeuperHakkerJa_28p", 10010},
    {"hand_fblissjr_33p", 10010},    {"hand_bingbangboom-lab_148p", 10010},
    {"hand_xangma_177p", 10010},     {"neelectric_211", 6894},
};

inline std::string zoo_file(const std::string& name) {
  return std::string(CARRYSCOPE_SHARED_DIR) + "/zoo/" + name + ".decoder.json";
}

// All decoder files of the zoo, sorted; empty where there is none.
inline std::vector<std::string> zoo_files() {
  std::vector<std::string> files;
  std::error_code absent;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(CARRYSCOPE_SHARED_DIR) + "/zoo", absent))
    if (entry.path().string().ends_with(".decoder.json")) files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

}  // namespace carryscope::model::testing
