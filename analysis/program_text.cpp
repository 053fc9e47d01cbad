#include "analysis/program_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace carryscope::analysis {
namespace {

// "0, 2-9"; the numbers ascend or not, neighbours that do are joined.
std::string ranges(const std::vector<int>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ", ";
    text += std::to_string(numbers[i]);
    if (last > i + 1) {
      text += "-" + std::to_string(numbers[last]);
      i = last;
    }
  }
  return text;
}

std::string where(const SharedRule& shared) {
  const char* plural = shared.steps.size() > 1 ? "s" : "";
  return fmt::format("step{} {} (place{} {})", plural, ranges(shared.steps), plural, ranges(shared.places));
}

constexpr const char* kMain = R"(
int main() {
  for (unsigned long long x, y; std::scanf("%llu %llu", &x, &y) == 2;) {
    int a[kDigits], b[kDigits], s[kDigits + 1];
    unsigned long long rest_of_x = x, rest_of_y = y;
    for (int i = 0; i < kDigits; ++i) {
      a[i] = static_cast<int>(rest_of_x % 10);
      b[i] = static_cast<int>(rest_of_y % 10);
      rest_of_x /= 10;
      rest_of_y /= 10;
    }
    carryscope_program(a, b, s);
    std::printf("%llu %llu ", x, y);
    for (int i = kDigits; i >= 0; --i) std::putchar(s[i] == kNoDigit ? '?' : '0' + s[i]);
    std::putchar('\n');
  }
}
)";

}  // namespace

std::string program_text(const std::string& head, const std::vector<SharedRule>& rules) {
  std::string out = head;
  for (const SharedRule& shared : rules)
    out += fmt::format("\n{}; t is the place:\n{}", where(shared), shared.rule.text());
  return out;
}

std::string program_cpp(const std::string& head, const std::vector<SharedRule>& rules, int digits) {
  std::string out;
  for (std::size_t i = 0, end = 0; i < head.size(); i = end + 1) {
    end = head.find('\n', i);
    out += "// " + head.substr(i, end - i) + "\n";
  }
  out += fmt::format(
      "// Digits stand with the ones first. Reads pairs \"a b\", writes a line \"a b sum\" for each.\n"
      "#include <cstdio>\n\nnamespace {{\n\nconstexpr int kDigits = {}, kNoDigit = {};\n",
      digits, kNoDigit);
  for (std::size_t r = 0; r < rules.size(); ++r)
    out += fmt::format(
        "\n// What is added at {}; t is the place.\nint add_{}([[maybe_unused]] const int* a, "
        "[[maybe_unused]] const int* b,\n          [[maybe_unused]] const int* s, [[maybe_unused]] int t) "
        "{{\n{}}}\n",
        where(rules[r]), r, rules[r].rule.cpp());
  out +=
      "\nint digit(int sum, int add) { return add == kNoDigit ? kNoDigit : (sum + add) % 10; }\n\n"
      "}  // namespace\n\n// kDigits in, kDigits + 1 out, in the order in which the model writes them; "
      "kNoDigit where it\n"
      "// writes none.\nvoid carryscope_program(const int* a, const int* b, int* s) {\n";
  std::vector<std::pair<int, std::string>> lines;  // by step
  for (std::size_t r = 0; r < rules.size(); ++r)
    for (std::size_t i = 0; i < rules[r].steps.size(); ++i) {
      const int place = rules[r].places[i];
      const std::string sum = place < digits ? fmt::format("a[{0}] + b[{0}]", place) : "0";
      lines.emplace_back(rules[r].steps[i],
                         fmt::format("  s[{0}] = digit({1}, add_{2}(a, b, s, {0}));\n", place, sum, r));
    }
  std::ranges::sort(lines);
  for (const auto& [step, line] : lines) out += line;
  return out + "}\n" + kMain;
}

}  // namespace carryscope::analysis
