// delta/number.h -- numbers as texts say them: exactly, or between two doubles.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::delta {

__extension__ using Int128 = __int128;

inline constexpr int kMaxDigits = 38;  // of a decimal, in Delta and everywhere else

// unscaled / 10^scale; at most kMaxDigits digits, and as many behind the point.
struct Number {
  Int128 unscaled = 0;
  int scale = 0;
};

std::strong_ordering Compare(const Number& a, const Number& b);

// "-10.50", "1E+3". Nothing: it is no number, or has too many digits.
std::optional<Number> ParseNumber(std::string_view text);
// Digits, perhaps behind a minus.
std::optional<int64_t> ParseInteger(std::string_view text);
// "1.5", "-2E10", "Infinity"; the nearest one. Nothing for NaN.
std::optional<double> ParseDouble(std::string_view text);
std::optional<float> ParseFloat(std::string_view text);

// The same value with `scale`; nothing if it cannot be told so.
std::optional<Number> WithScale(const Number& number, int scale);
int Digits(const Number& number);

struct DoubleSpan {
  double least;
  double most;
};
// Where a number may end up that is made a double, however it is rounded.
DoubleSpan ToDoubles(const Number& number);
DoubleSpan Around(double value);  // its neighbours
// Where a double may end up that is perhaps made a float, perhaps not.
DoubleSpan PerhapsAsFloat(double value);

}  // namespace sluice::delta
