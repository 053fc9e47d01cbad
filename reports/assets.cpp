// The files of assets/ stand in the program byte for byte: .incbin reads them from the folders that the
// build names. A new script is one file there and one row in kScripts.
#include "reports/assets.h"

#include "reports/pack.h"

#define CARRYSCOPE_ASSET(name, path)                                  \
  extern "C" const char asset_##name##_begin[], asset_##name##_end[]; \
  asm(".section .rodata\n"                                            \
      "asset_" #name                                                  \
      "_begin:\n"                                                     \
      ".incbin \"" path                                               \
      "\"\n"                                                          \
      "asset_" #name                                                  \
      "_end:\n"                                                       \
      ".previous\n")

CARRYSCOPE_ASSET(style, CARRYSCOPE_ASSETS "/style.css");
CARRYSCOPE_ASSET(errors, CARRYSCOPE_ASSETS "/errors.js");
CARRYSCOPE_ASSET(theme, CARRYSCOPE_ASSETS "/theme.js");
CARRYSCOPE_ASSET(figures, CARRYSCOPE_ASSETS "/figures.js");
CARRYSCOPE_ASSET(circuit, CARRYSCOPE_ASSETS "/circuit.js");
CARRYSCOPE_ASSET(tables, CARRYSCOPE_ASSETS "/tables.js");
CARRYSCOPE_ASSET(forward, CARRYSCOPE_ASSETS "/forward.js");
CARRYSCOPE_ASSET(trace, CARRYSCOPE_ASSETS "/trace.js");
CARRYSCOPE_ASSET(plotly, CARRYSCOPE_PLOTLY);

namespace carryscope::reports {
#define CARRYSCOPE_VIEW(name) std::string_view(asset_##name##_begin, asset_##name##_end)

std::string_view style() { return CARRYSCOPE_VIEW(style); }

std::span<const std::string_view> scripts() {
  static const std::string_view kScripts[] = {
      CARRYSCOPE_VIEW(errors), CARRYSCOPE_VIEW(theme),   CARRYSCOPE_VIEW(figures), CARRYSCOPE_VIEW(circuit),
      CARRYSCOPE_VIEW(tables), CARRYSCOPE_VIEW(forward), CARRYSCOPE_VIEW(trace),
  };
  return kScripts;
}

std::string plotly_base64() { return base64(CARRYSCOPE_VIEW(plotly)); }

}  // namespace carryscope::reports
