#include "verify/check/certificate.h"

#include <bit>

#include <fmt/format.h>

#include "model/checkpoint/sha256.h"
#include "model/error.h"

namespace carryscope::verify::check {

namespace {

using model::ByteView, model::Cursor, model::InputError;

constexpr std::string_view kMagic = "carryscope-cert\n";
constexpr std::uint32_t kVersion = 1;
constexpr int kDeepest = 256;
constexpr std::size_t kHash = 32;

class Reader {
 public:
  Reader(ByteView bytes, const std::string& where) : in_(bytes, where) {}

  Certificate read() {
    Certificate c;
    in_.skip(kMagic.size());
    if (const auto version = in_.u32(); version != kVersion)
      refuse(fmt::format("version {}, expected {}; use the carryscope-check that belongs to it", version,
                         kVersion));
    c.program = text();
    c.command = text();
    c.file_sha256 = hash();
    c.decoder_sha256 = hash();
    c.float32 = choice("semantics", 2) == 1;
    for (double* const u : {&c.ulps.exp, &c.ulps.erf, &c.ulps.tanh, &c.ulps.sqrt, &c.ulps.sincos})
      *u = ulps();
    read_layout(c.layout);
    const int steps = choice("number of steps", model::kMaxDigits + 2);
    for (int i = 0; i < steps; ++i) c.steps.push_back(counts());
    c.total = counts();
    for (std::uint32_t left = in_.u32(); left > 0; --left) {
      const int step = choice("step of a witness", steps);
      const std::uint64_t a = in_.u64();
      c.witnesses.push_back({step, {a, in_.u64()}});
    }
    for (int left = in_.u16(); left > 0; --left) {
      const int step = choice("step of a question", steps);
      c.trees.push_back({step, choice("symbol of a question", 10), {}});
      read_node(c.trees.back(), 4 * c.layout.digits + 2, 0);
    }
    if (in_.left() > 0) refuse(fmt::format("{} bytes too many at its end", in_.left()));
    return c;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(fmt::format("{}: {}", in_.where(), what));
  }
  int choice(const char* field, int below) {
    const int value = in_.u8();
    if (value >= below) refuse(fmt::format("{} is {}, expected less than {}", field, value, below));
    return value;
  }
  std::string text() {
    const std::uint32_t length = in_.u32();
    return model::printable(model::as_text(in_.take(length)));
  }
  std::string hash() {
    std::string hex;
    for (const std::uint8_t b : in_.take(kHash)) hex += fmt::format("{:02x}", b);
    return hex;
  }
  double ulps() {
    const double u = std::bit_cast<double>(in_.u64());
    if (!(u >= 0.5 && u <= 10000.0))
      refuse(fmt::format("a library function's bound is {} ulp, expected 0.5 to 10000", u));
    return u;
  }
  Count wide() {
    const Count low = in_.u64();
    return low | static_cast<Count>(in_.u64()) << 64;
  }
  Counts counts() {
    Counts c;
    for (Count* const n : {&c.correct, &c.wrong, &c.rounding, &c.undecided}) *n = wide();
    return c;
  }
  model::Slot slot() {
    model::Slot s;
    s.role = static_cast<model::Role>(choice("role of a slot", 4));
    s.place = in_.u8();
    s.token = in_.u16();
    return s;
  }
  void read_layout(model::Layout& layout) {
    layout.digits = choice("number of digits", model::kMaxDigits + 1);
    for (auto* const slots : {&layout.prompt, &layout.answer})
      for (int left = in_.u16(); left > 0; --left) slots->push_back(slot());
    for (int& t : layout.digit_tokens) t = in_.u16();
    const bool ends = choice("flag of an end token", 2) == 1;
    const int end = in_.u16();
    if (ends) layout.end_token = end;
  }
  std::size_t read_node(Tree& tree, int tokens, int depth) {
    if (depth > kDeepest) refuse("a tree is nested too deep");
    const std::size_t at = tree.nodes.size();
    Node node;
    node.kind = static_cast<Kind>(choice("kind of a node", 3));
    if (node.kind == Kind::verdict) node.verdict = static_cast<Verdict>(choice("verdict", 4));
    if (node.kind == Kind::hyperplane) {
      node.correct = wide();
      node.wrong = wide();
    }
    tree.nodes.push_back(node);
    if (node.kind != Kind::split) return at;
    tree.nodes[at].token = choice("token of a split", tokens);
    for (int left = in_.u8(); left > 0; --left) {
      const std::uint16_t digits = in_.u16();
      const std::size_t child = read_node(tree, tokens, depth + 1);
      tree.nodes[at].parts.push_back({digits, child});
    }
    return at;
  }

  Cursor in_;
};

}  // namespace

Certificate read_certificate(ByteView bytes, const std::string& where) {
  if (!model::as_text(bytes).starts_with(kMagic))
    throw InputError(where + ": no certificate, expected a file that carryscope certify --certificate wrote");
  if (bytes.size() < kMagic.size() + kHash)
    throw InputError(where + ": the certificate is cut short; write it again");
  const ByteView body = bytes.first(bytes.size() - kHash);
  std::string end;
  for (const std::uint8_t b : bytes.last(kHash)) end += fmt::format("{:02x}", b);
  if (model::sha256(body) != end)
    throw InputError(where +
                     ": the certificate is damaged or cut short, its checksum does not hold; write it again");
  return Reader(body, where).read();
}

}  // namespace carryscope::verify::check
