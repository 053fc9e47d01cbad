// The controls of figures in headless Chromium, on pages of records made by hand: the pruning slider, the
// step filter and hovering of the circuit, drop-downs, downloads.
#include <gtest/gtest.h>

#include "reports/page.h"
#include "tests/reports/browser.h"
#include "tests/reports/small_records.h"

namespace carryscope::reports {
namespace {

using nlohmann::json;

class Controls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_chromium()) GTEST_SKIP() << "no chromium (scripts/setup test installs it)";
  }
  json ask(const Records& records, const std::string& script) {
    const testing::Shown shown = testing::show(folder_, page(records), script);
    EXPECT_EQ(shown.errors(), "");
    EXPECT_NE(shown.attribute("data-ready"), "") << "the page did not finish drawing";
    json answer = json::parse(shown.answer, nullptr, false);
    EXPECT_FALSE(answer.is_discarded()) << shown.answer;
    return answer;
  }

  model::testing::Folder folder_;
};

TEST_F(Controls, TheSliderCutsEdgesAlongTheCurve) {
  const json answer = ask({"m", {{"circuit", testing::circuit()}}}, R"(
      const frame = document.querySelector('figure[data-circuit]');
      const slider = frame.querySelector('input'), output = frame.querySelector('output');
      const state = () => ({cut: frame.querySelectorAll('.edge.cut').length, idle: frame.querySelectorAll('.node.idle').length,
                            says: output.textContent, spoken: slider.getAttribute('aria-valuetext')});
      const states = [state()];
      for (const value of [0, 2]) {
        slider.value = value;
        slider.dispatchEvent(new Event('input'));
        states.push(state());
      }
      return states;)");
  EXPECT_EQ(answer[0]["cut"], 1);  // the circuit itself
  EXPECT_EQ(answer[0]["idle"], 1);
  EXPECT_EQ(
      answer[0]["says"],
      "1 of 2 edges; all answers unchanged on 1 ± 0 of sampled pairs; 0 of 10⁴ pairs answered otherwise, "
      "proven");
  EXPECT_EQ(answer[1]["cut"], 0);
  EXPECT_EQ(answer[2]["cut"], 2);
  EXPECT_EQ(answer[2]["idle"], 3);
  EXPECT_EQ(answer[2]["says"], "0 of 2 edges; all answers unchanged on 0.1 ± 0.02 of sampled pairs");
  for (const json& state : answer) EXPECT_EQ(state["spoken"], state["says"]);
}

TEST_F(Controls, TheCircuitIsFilteredByStepAndTellsItsProofs) {
  json two = testing::circuit();
  two["edges"]["rows"].push_back(two["edges"]["rows"][0]);
  two["edges"]["rows"][2][0] = 1;
  const json answer = ask({"m", {{"circuit", two}}}, R"(
      const frame = document.querySelector('figure[data-circuit]'), select = frame.querySelector('select');
      const seen = () => [...frame.querySelectorAll('.edge')].filter((edge) => getComputedStyle(edge).display !== 'none').length;
      const all = seen();
      select.value = '1';
      select.dispatchEvent(new Event('change'));
      const some = seen(), about = frame.querySelector('.about');
      frame.querySelector('.edge[data-step="1"]').dispatchEvent(new Event('pointerenter'));
      const edge = about.textContent;
      frame.querySelector('.node[data-name="step 1"]').focus();
      return {all, some, edge, node: about.textContent, lit: frame.querySelectorAll('.edge.lit').length};)");
  EXPECT_EQ(answer["all"], 3);
  EXPECT_EQ(answer["some"], 1);
  EXPECT_EQ(answer["lit"], 1);
  const std::string edge = answer["edge"];
  EXPECT_TRUE(edge.starts_with("a_t → step 1: kept; without it 12 + 34 gives the token 5 instead of 6"))
      << edge;
  EXPECT_EQ(answer["node"], edge);
}

TEST_F(Controls, DropDownsChangeWhatIsDrawn) {
  const json answer = ask({"m",
                           {{"neurons", testing::neurons()},
                            {"subtasks", testing::subtasks()},
                            {"ablation", testing::ablation()}}},
                          R"(
      const frame = document.querySelector('figure[data-figure=neuron-maps]'), [, select] = frame.querySelectorAll('select');
      const shown = () => frame.querySelector('.plot').data[0].z[2][3];
      const mean = shown();
      select.value = '2';
      select.dispatchEvent(new Event('change'));
      await new Promise((next) => setTimeout(next, 100));
      return {mean, largest: shown(), bars: document.querySelectorAll('figure[data-figure=ablation-nodes] .plot .bars path').length};)");
  EXPECT_EQ(answer["mean"], 0.5);
  EXPECT_EQ(answer["largest"], 0.6);
  EXPECT_GT(answer["bars"], 0);
}

TEST_F(Controls, TheNumbersOfAFigureAreCopied) {
  const json answer = ask({"m", {{"neurons", testing::neurons()}}}, R"(
      const frame = document.querySelector('figure[data-figure=neuron-maps]');
      const button = (text) => [...frame.querySelectorAll('button')].find((one) => one.textContent === text);
      button('Numbers').click();
      const rows = frame.querySelectorAll('table tr').length, copy = button('Copy');
      let copied = '';
      navigator.clipboard.writeText = async (text) => { copied = text; };
      copy.click();
      await new Promise((next) => setTimeout(next, 100));
      const says = copy.textContent;
      button('Numbers').click();
      return {rows, lines: copied.split('\n').length, has: copied.includes('0.5'), says, left: frame.querySelectorAll('table').length};)");
  EXPECT_GT(answer["rows"], 10);
  EXPECT_EQ(answer["lines"], answer["rows"]);
  EXPECT_EQ(answer["has"], true);
  EXPECT_EQ(answer["says"], "Copied");
  EXPECT_EQ(answer["left"], 0);
}

TEST_F(Controls, AxisTitlesStandBesideTheLongestLabel) {
  const json answer = ask({"m", {{"subtasks", testing::subtasks()}, {"ablation", testing::ablation()}}}, R"(
      const among = [];
      let titles = 0;
      for (const plot of document.querySelectorAll('.plot'))
        for (const axis of ['x', 'y'])
          for (const title of plot.querySelectorAll(`.${axis}title`)) {
            ++titles;
            const at = title.getBoundingClientRect();
            const labels = [...plot.querySelectorAll(`.${axis}tick text`)].map((label) => label.getBoundingClientRect());
            if (labels.some((label) => (axis === 'y' ? at.right > label.left : at.top < label.bottom))) among.push(title.textContent);
          }
      return {titles, among};)");
  EXPECT_GT(answer["titles"], 2);
  EXPECT_EQ(answer["among"], json::array());
}

TEST_F(Controls, EveryFigureIsASvgAndAPngFile) {
  const json answer = ask({"m", {{"circuit", testing::circuit()}, {"geometry", testing::geometry()}}}, R"(
      const files = [];
      HTMLAnchorElement.prototype.click = function () { files.push(this.download); };
      for (const button of document.querySelectorAll('figure .tools button'))
        if (['SVG', 'PNG'].includes(button.textContent)) button.click();
      for (let i = 0; i < 100 && files.length < 6; ++i) await new Promise((next) => setTimeout(next, 100));
      return {files: files.sort(), figures: document.querySelectorAll('figure').length};)");
  EXPECT_EQ(answer["figures"], 3);
  EXPECT_EQ(answer["files"], (json{"circuit-curve.png", "circuit-curve.svg", "circuit.png", "circuit.svg",
                                   "plane.png", "plane.svg"}))
      << answer;
}

}  // namespace
}  // namespace carryscope::reports
