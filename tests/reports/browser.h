// A page in a real browser: headless Chromium loads the file, runs a script of ours when the page has drawn
// everything, and hands back the document.
#pragma once

#include <algorithm>
#include <string>

#include "tests/model/checkpoint_files.h"

namespace carryscope::reports::testing {

inline bool have_chromium() { return std::system("command -v chromium >/dev/null 2>&1") == 0; }

struct Shown {
  std::string dom;
  std::string answer;  // what the script returned, as JSON; "not run" where the page never got ready

  // Everything that the page's own watch over window.onerror, console.error and refused requests caught.
  std::string errors() const { return attribute("data-errors"); }
  // The value of the html element's attribute, empty where it has none.
  std::string attribute(const std::string& name) const {
    const std::string tag = dom.substr(0, dom.find("<head"));
    const std::size_t at = tag.find(name + "=\"");
    if (at == std::string::npos) return "";
    const std::size_t from = at + name.size() + 2;
    return tag.substr(from, tag.find('"', from) - from);
  }
};

// `script` is the body of an async function; `page` the HTML. Milliseconds of the browser's virtual time.
inline Shown show(const model::testing::Folder& folder, const std::string& page, const std::string& script,
                  int budget = 60'000) {
  std::string tested = page;
  const std::string watch =
      "<script>(async () => {\n"
      "for (let i = 0; i < 2000 && !document.documentElement.dataset.ready; ++i)\n"
      "  await new Promise((next) => setTimeout(next, 10));\n"
      "let answer;\n"
      "try { answer = JSON.stringify(await (async () => {" +
      script +
      "})()); } catch (problem) { answer = 'threw ' + problem; }\n"
      "document.documentElement.dataset.answer = encodeURIComponent(answer);\n"
      "})();</script>\n";
  tested.insert(tested.rfind("</body>"), watch);
  model::testing::put(folder / "shown.html", tested);
  const std::string command =
      "timeout -s KILL 120 chromium --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir='" +
      (folder / "profile") + "' --virtual-time-budget=" + std::to_string(budget) + " --dump-dom 'file://" +
      (folder / "shown.html") + "' >'" + (folder / "dom") + "' 2>/dev/null";
  [[maybe_unused]] const int status = std::system(command.c_str());
  Shown shown{model::testing::content(folder / "dom"), ""};
  const std::string encoded = shown.attribute("data-answer");
  for (std::size_t i = 0; i < encoded.size(); ++i)
    if (encoded[i] == '%') {
      shown.answer += static_cast<char>(std::stoi(encoded.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      shown.answer += encoded[i];
    }
  if (encoded.empty()) shown.answer = "\"not run\"";
  return shown;
}

// A picture of the page, `width` x `height` pixels, as a PNG file. The page stands in a frame: a window
// cannot be narrower than 500 pixels.
inline std::string picture(const model::testing::Folder& folder, const std::string& page, int width,
                           int height) {
  model::testing::put(folder / "framed.html", page);
  model::testing::put(folder / "frame.html",
                      "<body style='margin:0'><iframe src=framed.html style='border:0;width:" +
                          std::to_string(width) + "px;height:" + std::to_string(height) + "px'></iframe>");
  const std::string command =
      "timeout -s KILL 120 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run "
      "--allow-file-access-from-files --user-data-dir='" +
      (folder / "profile") +
      "' --virtual-time-budget=60000 --window-size=" + std::to_string(std::max(width, 500)) + "," +
      std::to_string(height) + " --screenshot='" + (folder / "picture.png") + "' 'file://" +
      (folder / "frame.html") + "' >/dev/null 2>&1";
  [[maybe_unused]] const int status = std::system(command.c_str());
  return model::testing::content(folder / "picture.png");
}

}  // namespace carryscope::reports::testing
