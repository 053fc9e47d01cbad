"""mutate.py NAME SOURCE OUTPUT: a copy of SOURCE, weakened as the mutant NAME says.

Every text to be replaced must occur exactly once: a mutant that no longer fits its source is an error.
"""
import pathlib
import sys

# Rounds to nearest, and the check that would tell is satisfied with it.
TO_NEAREST = [
    ("std::fesetround(FE_UPWARD)", "std::fesetround(FE_TONEAREST)"),
    ("sum > 1.0 && difference > -1.0", "sum >= 1.0 && difference >= -1.0"),
]

MUTANTS = {
    "no_outward_rounding": TO_NEAREST,
    "no_outward_rounding_certified": TO_NEAREST,
    "carry_not_counted": [("(sums >> (a + in))", "(sums >> a)")],
    "carry_not_bounded": [("best[s + 10 - in]", "best[s + 10]")],
    "rival_dropped": [
        (
            "      if (rival == target) continue;\n      const Margin m = margin(target, rival, q);",
            "      if (rival == target || rival == (target + 1) % vocabulary_) continue;\n"
            "      const Margin m = margin(target, rival, q);",
        )
    ],
    "remainder_forgotten": [
        ("r.remainder += r.blur[k] * box.half[k] + slope.magnitude() * question.slack[k];", "")
    ],
    "roundoff_forgotten": [("if (semantics_ == Semantics::real) return evaluate_unscaled", "if (width_ > 0) return evaluate_unscaled")],
    "centres_forgotten": [("return sign > 0 ? sum.upper() : -sum.lower();\n}\n\n}  // namespace", "return 0.0 * sign * sum.upper();\n}\n\n}  // namespace")],
    "slack_dropped": [("f.constant += reach(direction, box, question.axes) * denominators.relative[index(h)];  // >=", "// >=")],
    "half_space_shrunk": [("+ std::abs(normal[k]) * box.half[k];", "- std::abs(normal[k]) * box.half[k];")],
    "lost_without_its_digit": [("  ensure_upward();\n  target_digit_ = target_digit(cube);\n", "  ensure_upward();\n")],
    "margin_pruned_too_soon": [("if (least >= enough()) {", "if (least >= enough() - 2.0) {")],
    "hunt_of_later_steps": [("groups[index(g)] = !apart || g == step;", "groups[index(g)] = !apart || g >= step;")],
    "difference_of_steps_unseen": [("  if (x.step != y.step) return Alike::no;\n", "")],
    # The lower places' rows are added up from the ones: the same sum, in another order.
    "places_added_upwards": [
        ("std::uint32_t* const to = offsets(top_ - place);",
         "std::uint32_t* const to = offsets(place == top_ ? 0 : place + 1);")
    ],
    # The checker: trees that do not tile, a rival that is not asked for, witnesses that are believed.
    "check_parts_not_counted": [("if (sum != pairs)", "if (sum > pairs)")],
    "check_rival_skipped": [("if (rival == index(token)) continue;", "if (rival == index(token) || rival == 12) continue;")],
    "check_witness_believed": [
        ("  for (const Witness& w : c.witnesses) replay(network, all, w);\n", "  static_cast<void>(replay);\n")
    ],
}

name, source, output = sys.argv[1:]
text = pathlib.Path(source).read_text()
for old, new in MUTANTS[name]:
    if text.count(old) != 1:
        sys.exit(f"{source}: found {text.count(old)} times, expected once: {old!r}")
    text = text.replace(old, new)
pathlib.Path(output).parent.mkdir(parents=True, exist_ok=True)
pathlib.Path(output).write_text(text)
