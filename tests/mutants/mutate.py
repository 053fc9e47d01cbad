"""mutate.py NAME SOURCE OUTPUT: a copy of SOURCE, weakened as the mutant NAME says.

Every text to be replaced must occur exactly once: a mutant that no longer fits its source is an error.
"""
import pathlib
import sys

MUTANTS = {
    # Rounds to nearest, and the check that would tell is satisfied with it.
    "no_outward_rounding": [
        ("std::fesetround(FE_UPWARD)", "std::fesetround(FE_TONEAREST)"),
        ("sum > 1.0 && difference > -1.0", "sum >= 1.0 && difference >= -1.0"),
    ],
    "carry_not_counted": [("(sums >> (a + in))", "(sums >> a)")],
    "carry_not_bounded": [("best[s + 10 - in]", "best[s + 10]")],
    "rival_dropped": [
        (
            "      if (rival == target) continue;\n      const Margin m = margin(target, rival, q, box);",
            "      if (rival == target || rival == (target + 1) % vocabulary_) continue;\n"
            "      const Margin m = margin(target, rival, q, box);",
        )
    ],
    "remainder_forgotten": [
        ("r.remainder += r.blur[k] * box.half[k] + m.slope[k].magnitude() * question.slack[k];", "")
    ],
    "roundoff_forgotten": [("    if (semantics_ == Semantics::real) return;", "    if (width_ > 0) return;")],
    "centres_forgotten": [("return sign > 0 ? sum.upper() : -sum.lower();\n}\n\n}  // namespace", "return 0.0 * sign * sum.upper();\n}\n\n}  // namespace")],
    "slack_dropped": [("f.constant += reach * denominators.relative[index(h)];", "static_cast<void>(reach);")],
}

name, source, output = sys.argv[1:]
text = pathlib.Path(source).read_text()
for old, new in MUTANTS[name]:
    if text.count(old) != 1:
        sys.exit(f"{source}: found {text.count(old)} times, expected once: {old!r}")
    text = text.replace(old, new)
pathlib.Path(output).parent.mkdir(parents=True, exist_ok=True)
pathlib.Path(output).write_text(text)
