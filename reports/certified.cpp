#include "reports/certified.h"

#include <fmt/format.h>

namespace carryscope::reports {

using nlohmann::json;

Counts::Counts(const json& counts)
    : total(count(counts.at("total"))),
      correct(count(counts.at("correct"))),
      wrong(count(counts.at("wrong"))),
      undecided(count(counts.at("undecided"))),
      rounding(count(counts.at("rounding_dependent"))) {}

std::string semantics(const json& certify) {
  if (certify.at("semantics") == "real")
    return "<b>real</b>: the function of the stored weights over the real numbers";
  const json& ulps = certify.at("ulps");
  return fmt::format(
      "<b>float32</b>: every float32 evaluation, whatever the order of its sums, with exp within {} ulp, erf "
      "{}, tanh {}, sqrt {}, sin and cos {}",
      ulps.at("exp").dump(), ulps.at("erf").dump(), ulps.at("tanh").dump(), ulps.at("sqrt").dump(),
      ulps.at("sincos").dump());
}

namespace {

std::string does_not_add(const Counts& n) {
  if (n.undecided == 0)
    return fmt::format("This model does not add: it gets {} of {} pairs right", grouped(n.correct),
                       power_of_ten(n.total));
  return fmt::format("This model does not add: at most {:.3g} % of {} pairs can be right",
                     100.0 * ratio(n.total - n.wrong, n.total), power_of_ten(n.total));
}

}  // namespace

Verdict verdict(const json& certify) {
  const Counts n(certify.at("pairs"));
  if (n.correct == n.total)
    return {fmt::format("Adds all {} pairs correctly, proven", power_of_ten(n.total)), "good"};
  if (n.wrong > n.total / 2) return {does_not_add(n), "bad"};
  if (n.undecided == 0 && n.wrong > 0)
    return {fmt::format("Gets exactly {} of {} pairs wrong: {}", grouped(n.wrong), power_of_ten(n.total),
                        one_in(n.wrong, n.total)),
            "bad"};
  if (n.undecided == 0)
    return {
        fmt::format("Wrong on no pair over the reals’ side of the bounds; {} of {} pairs depend on rounding",
                    grouped(n.rounding), power_of_ten(n.total)),
        "maybe"};
  return {fmt::format("Wrong on {} to {} of {} pairs: a proven bracket, the rest is undecided",
                      grouped(n.wrong), grouped(n.open()), power_of_ten(n.total)),
          n.wrong > 0 ? "bad" : "maybe"};
}

}  // namespace carryscope::reports
