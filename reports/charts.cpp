// The table of charts: a new one is one row.
#include "reports/chart.h"

namespace carryscope::reports {
namespace {

constexpr Chart kCharts[] = {
    {.record = "certify",
     .panel = "Where errors begin",
     .rows = "steps",
     .id = "wrong-by-step",
     .title = "Wrong pairs by the step that fails first",
     .text = "A step without a bar fails on no pair that was right until then.",
     .x = "step",
     .y = "first_failures",
     .hover = {"pairs.wrong"},
     .log = true,
     .colour = "@bad"},
    {.record = "certify",
     .panel = "By cascade",
     .rows = "by_cascade",
     .id = "wrong-by-cascade",
     .title = "Wrong pairs by the longest cascade of carries",
     .text = "A class without a bar has no wrong pair.",
     .x = "class",
     .y = "wrong",
     .hover = {"total"},
     .log = true,
     .colour = "@bad"},
    {.record = "metrics",
     .id = "training-loss",
     .title = "Loss",
     .text = "Mean cross-entropy of the answer’s tokens since the last evaluation; one curve for each start.",
     .kind = Kind::lines,
     .x = "step",
     .y = "loss",
     .series = "retries",
     .log = true},
    {.record = "metrics",
     .id = "training-rate",
     .title = "Learning rate",
     .text = "Warm-up and cosine.",
     .kind = Kind::lines,
     .x = "step",
     .y = "rate",
     .series = "retries"},
    {.record = "attention",
     .rows = "ranges",
     .id = "attention-ranges",
     .title = "Attention of each step",
     .text =
         "The least and the largest share are exact over all pairs of the class; the mean is sampled. The "
         "class is what happens at the place below.",
     .kind = Kind::heatmap,
     .x = "position",
     .y = "step",
     .x_names = "holds",
     .values = {"mean", "min", "max"},
     .hover = {"holds", "min", "mean", "max"},
     .choices = {"class", "head"}},
};

}  // namespace

std::span<const Chart> charts() { return kCharts; }

}  // namespace carryscope::reports
