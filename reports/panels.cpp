#include "reports/panels.h"

#include "reports/panel/panel.h"

namespace carryscope::reports {
namespace {

constexpr Section kSections[] = {
    {"verdict", "Verdict", ""},
    {"failures", "Failures", "Which pairs are wrong: regions of all operand pairs, not samples of them."},
    {"carry", "How it carries", "The parts that take part, and what each of them decides."},
    {"attention", "Attention", "Where each step looks, over all inputs."},
    {"geometry", "Geometry", "How digits, carries and positions lie in the model’s space."},
    {"neurons", "Neurons", "What each neuron answers to, over every digit × digit × carry."},
    {"ablations", "Ablations",
     "What breaks when a part is taken away: counted over all pairs, beside estimates."},
    {"margins", "Margins", "By how much the answers are right."},
    {"trace", "Trace",
     "Any sum, run by the model in this page in double precision. A float32 evaluation can differ where a "
     "margin is within its rounding."},
    {"training", "Training", "How the model came about."},
    {"provenance", "Provenance", "What made this page’s records, so that somebody else can make them again."},
};

constexpr Panel kPanels[] = {
    {"verdict", "certify", "", draw_verdict},
    {"verdict", "certify", "Where errors begin", draw_steps},
    {"verdict", "certify", "By cascade", draw_cascades},
    {"failures", "certify", "", draw_regions},
    {"failures", "certify", "", draw_carries},
    {"carry", "circuit", "Circuit", draw_circuit},
    {"carry", "geometry", "Local decision plane", draw_plane},
    {"carry", "subtasks", "Sub-tasks", draw_subtasks},
    {"carry", "program", "The rule as a program", draw_program},
    {"attention", "attention", "", draw_tables},
    {"geometry", "geometry", "", draw_shapes},
    {"neurons", "neurons", "", draw_neurons},
    {"neurons", "attribution", "What adds up to the logits", draw_tables},
    {"ablations", "ablation", "", draw_ablation},
    {"margins", "margins", "", draw_tables},
    {"margins", "decisions", "Decisions on the carry axis", draw_decisions},
    {"trace", "trace", "", draw_examples, true},
    {"trace", "model", "", draw_trace},
    {"training", "metrics", "", draw_training},
    {"training", "progress", "What is learned when", draw_tables, true},
    {"training", "repair", "Repair", draw_repair},
    {"training", "seeds", "Seeds", draw_seeds, true},
};

}  // namespace

std::span<const Section> sections() { return kSections; }
std::span<const Panel> panels() { return kPanels; }

}  // namespace carryscope::reports
