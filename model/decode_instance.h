// decode_step of the sizes of the presets and of any other, compiled for one instruction set. A file that
// includes this defines CARRYSCOPE_ISA and CARRYSCOPE_LANES, and CMakeLists.txt gives that file the flags.
// A further size is a row of kSizes.
#pragma once

#include "model/block_decoder.h"

namespace carryscope::model::CARRYSCOPE_ISA {

struct Size {
  bool (*fit)(const DecodeTail& tail);
  DecodeRun* run;
};
template <class Sizes>
inline constexpr Size kSize = {Sizes::fit, decode_step<Group<Lanes<CARRYSCOPE_LANES>, 2>, Sizes>};
inline constexpr Size kSizes[] = {kSize<FixedSizes<4, 4>>, kSize<FixedSizes<4, 8>>, kSize<FixedSizes<7, 14>>,
                                  kSize<FixedSizes<7, 28>>, kSize<AnySizes>};

inline DecodeRun* find(const DecodeTail& tail) {
  for (const Size& size : kSizes)
    if (size.fit(tail)) return size.run;
  return nullptr;
}

}  // namespace carryscope::model::CARRYSCOPE_ISA
