// Every dense entry encloses the exact product of the stored factors; judged by Arb.
#include "model/parametrisation.h"

#include <gtest/gtest.h>
#if __has_include(<flint/arb.h>)
#include <flint/arb.h>
#else
#include <arb.h>
#endif

#include <cmath>
#include <set>

#include "tests/model/checkpoint_files.h"

namespace carryscope::model {
namespace {

using testing::expect_parts, testing::many_configs, testing::random_model, testing::refusal;

constexpr slong kBits = 4200;  // exact: doubles' exponents span 2,100 bits, their products twice that

class Ball {
 public:
  Ball() { arb_init(x_); }
  explicit Ball(double v) : Ball() { arb_set_d(x_, v); }
  Ball(const Ball&) = delete;
  Ball& operator=(const Ball&) = delete;
  ~Ball() { arb_clear(x_); }
  arb_ptr get() { return x_; }

 private:
  arb_t x_;
};

struct Exact {
  Ball sum, absolute;
};

double factor(const Tensor& t, int r, int c) {
  return t.values[static_cast<std::size_t>(r) * static_cast<std::size_t>(t.shape[1]) +
                  static_cast<std::size_t>(c)];
}

void exact_entry(const Factored& model, const Product& p, int r, int c, Exact& out) {
  const Tensor &left = model.at(p.left), &right = model.at(p.right);
  Ball term;
  for (int k = 0; k < left.shape[1]; ++k) {
    Ball a(factor(left, r, k)), b(factor(right, k, p.first + c));
    arb_mul(term.get(), a.get(), b.get(), kBits);
    arb_add(out.sum.get(), out.sum.get(), term.get(), kBits);
    arb_abs(term.get(), term.get());
    arb_add(out.absolute.get(), out.absolute.get(), term.get(), kBits);
  }
}

// How many entries were rounded at all: otherwise the radius was never needed.
int judge(const Factored& model) {
  Decoder decoder = multiply_out(model);
  int rounded = 0;
  for (const Product& p : products(model.config)) {
    const Weights& w = dense(decoder, p.dense);
    EXPECT_EQ(w.rows, p.rows);
    EXPECT_EQ(w.cols, p.cols);
    if (p.right.empty()) {
      EXPECT_TRUE(w.radius.empty() && w.magnitude.empty());
      continue;
    }
    EXPECT_EQ(w.rank, model.at(p.left).shape[1]);
    for (int r = 0; r < w.rows; ++r)
      for (int c = 0; c < w.cols; ++c) {
        Exact exact;
        exact_entry(model, p, r, c, exact);
        const std::size_t i = w.at(r, c);
        Ball value(w.value[i]), radius(w.radius[i]), magnitude(w.magnitude[i]), error;
        arb_sub(error.get(), value.get(), exact.sum.get(), kBits);
        arb_abs(error.get(), error.get());
        rounded += arb_is_zero(error.get()) ? 0 : 1;
        EXPECT_TRUE(arb_le(error.get(), radius.get())) << p.left << " " << r << "," << c;
        EXPECT_TRUE(arb_le(exact.absolute.get(), magnitude.get())) << p.left << " " << r << "," << c;
        EXPECT_LE(w.radius[i], 0x1p-53 * (w.rank + 3) * w.magnitude[i] + 1e-320) << "needlessly wide";
      }
  }
  return rounded;
}

TEST(MultiplyOut, EnclosesTheExactProductInEveryConfiguration) {
  unsigned seed = 1;
  int rounded = 0;
  for (const Config& config : many_configs())
    for (const Precision stored : {Precision::float32, Precision::float64}) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed << ", mode " << tying(config.tying).name);
      rounded += judge(random_model(config, seed++, stored));
    }
  EXPECT_GT(rounded, 1000);
}

TEST(MultiplyOut, EnclosesAcrossTheWholeRangeOfDoubles) {
  Factored model = random_model(preset("311"), 7, Precision::float64);
  std::mt19937 generator(7);
  std::uniform_int_distribution<int> exponent(-530, 500);
  for (Tensor& t : model.tensors)
    for (double& v : t.values) v = generator() % 8 == 0 ? 0.0 : std::ldexp(v, exponent(generator));
  EXPECT_GT(judge(model), 100);
}

TEST(MultiplyOut, AnOverflowIsRefusedAtTheDoor) {
  Factored model = random_model(preset("311"), 7, Precision::float64);
  for (Tensor& t : model.tensors)
    if (t.name.ends_with("qkv_A") || t.name.ends_with("qkv_Bq"))
      for (double& v : t.values) v = 1e300;
  Decoder decoder = multiply_out(model);
  expect_parts(refusal([&] { validate(decoder, "x.pt"); }), {"x.pt", "attention.query", "infinity"});
}

TEST(Products, UseEveryStoredTensorAndFillEveryMatrix) {
  for (const Config& config : many_configs()) {
    std::set<std::string> used, stored;
    for (const Product& p : products(config)) {
      used.insert(p.left);
      if (!p.right.empty()) used.insert(p.right);
    }
    for (const Part& part : parts(config)) stored.insert(part.name);
    EXPECT_EQ(used, stored) << tying(config.tying).name;
    EXPECT_NO_THROW(validate(multiply_out(random_model(config, 3)), "x"));
  }
}

TEST(Products, TiesShowInTheDenseMaps) {
  const auto same = [](const Weights& a, const Weights& b) { return a.value == b.value; };
  for (const TyingRow& row : tyings()) {
    Config config = preset("512");
    config.tying = row.mode;
    const Decoder d = multiply_out(random_model(config, 5));
    const Attention& a = *d.layers[0].attention;
    const std::string name(row.name);
    const bool qk = name == "all" || name == "qk" || name.ends_with("tieQK");
    const bool kv = name == "all" || name == "kv" || name.ends_with("tieKV");
    EXPECT_EQ(same(a.query, a.key), qk) << name;
    EXPECT_EQ(same(a.key, a.value), kv) << name;
  }
}

TEST(Head, IsTheTransposedTokenEmbedding) {
  const Decoder d = multiply_out(random_model(preset("456"), 11));
  for (int token = 0; token < d.vocabulary; ++token)
    for (int i = 0; i < d.width(); ++i)
      EXPECT_EQ(d.head.value[d.head.at(i, token)], d.token_embedding.value[d.token_embedding.at(token, i)]);
}

TEST(InverseRoot, EnclosesTheRealNumber) {
  for (int n = 1; n <= 4096; ++n) {
    const Scalar s = inverse_root(n);
    Ball value(s.value), radius(s.radius), exact(n);
    arb_rsqrt(exact.get(), exact.get(), 300);
    arb_sub(value.get(), value.get(), exact.get(), 300);
    arb_abs(value.get(), value.get());
    const bool is_double = n == 1 || n == 4 || n == 16 || n == 64 || n == 256 || n == 1024 || n == 4096;
    EXPECT_EQ(s.radius == 0, is_double) << n;
    if (is_double)
      EXPECT_EQ(s.value * s.value * n, 1) << n;
    else
      EXPECT_TRUE(arb_lt(value.get(), radius.get())) << n;
  }
}

TEST(Assemble, NamesWhatIsWrong) {
  const Factored good = random_model(preset("311"), 2);
  const auto refused = [&](auto change, std::initializer_list<std::string_view> parts) {
    std::vector<Tensor> tensors = good.tensors;
    change(tensors);
    expect_parts(refusal([&] { assemble(good.config, good.stored, tensors, "x.pt"); }), parts);
  };
  for (std::size_t i = 0; i < good.tensors.size(); ++i) {
    const std::string& name = good.tensors[i].name;
    refused([&](auto& t) { t.erase(t.begin() + static_cast<std::ptrdiff_t>(i)); }, {"x.pt", name, "missing"});
    refused([&](auto& t) { t[i].shape.insert(t[i].shape.begin(), 1); }, {"x.pt", name, "shape"});
    refused([&](auto& t) { t[i].values[0] = std::nan(""); }, {"x.pt", name, "NaN", "entry 0"});
    refused([&](auto& t) { t[i].values.back() = INFINITY; }, {"x.pt", name, "infinity"});
    refused([&](auto& t) { t.push_back(t[i]); }, {"x.pt", name, "twice"});
  }
  refused(
      [](auto& t) {
        t.push_back({"blocks.1.ln1.weight", {4}, {1, 1, 1, 1}});
      },
      {"x.pt", "blocks.1.ln1.weight", "surplus"});
  refused(
      [](auto& t) {
        t.push_back(t[0]);
        t.back().name = "lm_head.weight";
        t.back().values[3] += 1;
      },
      {"x.pt", "lm_head.weight", "tied"});
}

}  // namespace
}  // namespace carryscope::model
