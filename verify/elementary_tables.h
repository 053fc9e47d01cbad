// The coefficients behind verify/elementary.cpp, written by scripts/make_elementary_tables.
//
// A row holds the polynomial of degree 7 that approximates one function on one piece, in x - centre.
// The pieces of [1, infinity) split each octave [2^e, 2^(e+1)) into 32, so the piece and its centre
// are read off the leading bits of x; functions on [0, 1) use the pieces of x + 1.
// What an activation needs most often lies near zero and has tables of its own, on 256 pieces of [-8, 8).
#pragma once

#include <bit>
#include <cstdint>

namespace carryscope::verify {

inline constexpr int kRow = 8;
inline constexpr int kPieceBits = 5;  // 2^5 pieces to an octave
inline constexpr int kExpPieces = 64;
inline constexpr int kMillsPieces = 5 * 32 + 8, kUnitPieces = 32, kNearPieces = 256;

extern const double kExpTable[kExpPieces][2];               // 2^(j/64) as the sum of two doubles
extern const double kMillsRows[kMillsPieces][kRow];         // Phi(-x) exp(x^2 / 2), x in [1, 40)
extern const double kNormalRows[kUnitPieces][kRow];         // (Phi(x) - 1/2) / x, x in [0, 1)
extern const double kTanhRows[kUnitPieces][kRow];           // tanh(x) / x, x in [0, 1)
extern const double kNearCdfRows[kNearPieces][kRow];        // Phi(x), x in [-8, 8)
extern const double kNearGeluSlopeRows[kNearPieces][kRow];  // (x Phi(x))', x in [-8, 8)

// Relative error of row_value, truncation and every rounding; proven in tests/verify/elementary_test.cpp.
inline constexpr double kRowError = 4.5e-16;
// On the near tables it is kRowError |row_value| + kNearError.
inline constexpr double kNearError = 1.5e-16;

struct Piece {
  std::size_t index;
  double centre;
};

// The piece of w, 1 <= w < 2^1023.
inline Piece piece_of(double w) {
  constexpr int kShift = 52 - kPieceBits;
  const std::uint64_t leading = std::bit_cast<std::uint64_t>(w) >> kShift;
  const std::uint64_t middle = (leading << kShift) | (std::uint64_t{1} << (kShift - 1));
  return {static_cast<std::size_t>(leading - (std::uint64_t{1023} << kPieceBits)),
          std::bit_cast<double>(middle)};
}

// The polynomial at t = x - centre. Each term passes through at most 12 roundings, the first through one.
inline double row_value(const double (&a)[kRow], double t) {
  const double t2 = t * t;
  const double tail = (a[1] + a[2] * t) + t2 * ((a[3] + a[4] * t) + t2 * ((a[5] + a[6] * t) + t2 * a[7]));
  return a[0] + t * tail;
}

// A near table at -8 <= x <= 7.99.
inline double near_value(const double (&rows)[kNearPieces][kRow], double x) {
  const auto index = static_cast<int>((x + 8.0) * 16.0);
  return row_value(rows[index], x - ((index + 0.5) * 0.0625 - 8.0));
}

}  // namespace carryscope::verify
