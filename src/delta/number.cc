#include "delta/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace sluice::delta {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr std::array<Int128, kMaxDigits + 1> MakePowers() {
  std::array<Int128, kMaxDigits + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr std::array<Int128, kMaxDigits + 1> kPowers = MakePowers();

Int128 Power(int exponent) { return kPowers[static_cast<size_t>(exponent)]; }
Int128 Magnitude(Int128 value) { return value < 0 ? -value : value; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Digits as they come, the point passed over; `scale` counts those behind it.
struct Mantissa {
  Int128 digits = 0;
  int scale = 0;
  bool any = false;
};

std::optional<Mantissa> TakeMantissa(std::string_view& text) {
  Mantissa mantissa;
  bool point = false;
  for (; !text.empty() && (IsDigit(text[0]) || (text[0] == '.' && !point)); text.remove_prefix(1)) {
    if (text[0] == '.') {
      point = true;
      continue;
    }
    mantissa.any = true;
    if (mantissa.digits >= Power(kMaxDigits - 1)) return std::nullopt;
    mantissa.digits = mantissa.digits * 10 + (text[0] - '0');
    if (point && ++mantissa.scale > 2 * kMaxDigits) return std::nullopt;
  }
  if (!mantissa.any) return std::nullopt;
  return mantissa;
}

std::optional<int> TakeExponent(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] != 'e' && text[0] != 'E') return std::nullopt;
  text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '+' && IsDigit(text[1])) text.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  constexpr int kLimit = 1000;
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::abs(exponent) <= kLimit ? std::optional(exponent) : std::nullopt;
}

// std::from_chars takes more names of what is no number than any writer uses.
template <class Real>
std::optional<Real> ParseReal(std::string_view text) {
  const bool minus = text.starts_with('-');
  const std::string_view unsigned_text = text.substr(minus ? 1 : 0);
  if (unsigned_text == "Infinity") {
    constexpr Real kEndless = std::numeric_limits<Real>::infinity();
    return minus ? -kEndless : kEndless;
  }
  if (unsigned_text.empty() || (!IsDigit(unsigned_text[0]) && unsigned_text[0] != '.')) {
    return std::nullopt;
  }
  Real value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::strong_ordering Compare(const Number& a, const Number& b) {
  if (a.scale == b.scale) return a.unscaled <=> b.unscaled;
  // Whole parts first: brought to one scale, both might not fit.
  const Int128 whole_a = a.unscaled / Power(a.scale);
  const Int128 whole_b = b.unscaled / Power(b.scale);
  if (whole_a != whole_b) return whole_a <=> whole_b;
  const int scale = a.scale > b.scale ? a.scale : b.scale;
  const Int128 rest_a = (a.unscaled - whole_a * Power(a.scale)) * Power(scale - a.scale);
  const Int128 rest_b = (b.unscaled - whole_b * Power(b.scale)) * Power(scale - b.scale);
  return rest_a <=> rest_b;
}

std::optional<Number> WithScale(const Number& number, int scale) {
  Number result = number;
  for (; result.scale > scale && result.unscaled % 10 == 0; --result.scale) result.unscaled /= 10;
  if (result.scale > scale) return std::nullopt;
  const Int128 factor = Power(scale - result.scale);
  if (Magnitude(result.unscaled) > (Power(kMaxDigits) - 1) / factor) return std::nullopt;
  return Number{result.unscaled * factor, scale};
}

std::optional<Number> ParseNumber(std::string_view text) {
  const bool minus = text.starts_with('-');
  if (minus) text.remove_prefix(1);
  const std::optional<Mantissa> mantissa = TakeMantissa(text);
  if (!mantissa.has_value()) return std::nullopt;
  const std::optional<int> exponent = TakeExponent(text);
  if (!exponent.has_value()) return std::nullopt;
  if (mantissa->digits == 0) return Number{};
  Number number{minus ? -mantissa->digits : mantissa->digits, mantissa->scale - *exponent};
  for (; number.scale > kMaxDigits && number.unscaled % 10 == 0; --number.scale) {
    number.unscaled /= 10;
  }
  if (number.scale > kMaxDigits || number.scale < -kMaxDigits) return std::nullopt;
  if (number.scale >= 0) return number;
  const Int128 factor = Power(-number.scale);
  if (Magnitude(number.unscaled) > (Power(kMaxDigits) - 1) / factor) return std::nullopt;
  return Number{number.unscaled * factor, 0};
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> ParseDouble(std::string_view text) { return ParseReal<double>(text); }
std::optional<float> ParseFloat(std::string_view text) { return ParseReal<float>(text); }

int Digits(const Number& number) {
  int digits = 1;
  while (digits < kMaxDigits && Magnitude(number.unscaled) >= Power(digits)) ++digits;
  return digits;
}

DoubleSpan ToDoubles(const Number& number) {
  constexpr int kExactPower = 22;  // 10^22 is a double
  const auto unscaled = static_cast<double>(number.unscaled);
  const bool exact = static_cast<Int128>(unscaled) == number.unscaled;
  if (number.scale == 0 && exact) return {unscaled, unscaled};
  const auto power = static_cast<double>(Power(number.scale));
  const double value = unscaled / power;
  if (exact && number.scale <= kExactPower) {
    if (std::fma(value, power, -unscaled) == 0) return {value, value};
    return Around(value);
  }
  constexpr double kRounded = 0x1p-50;  // three times, an ulp at most each
  const double slack = std::abs(value) * kRounded;
  return {value - slack, value + slack};
}

DoubleSpan Around(double value) {
  return {std::nextafter(value, -kInfinity), std::nextafter(value, kInfinity)};
}

DoubleSpan PerhapsAsFloat(double value) {
  constexpr double kMost = std::numeric_limits<float>::max();
  if (value > kMost) return {kMost, kInfinity};
  if (value < -kMost) return {-kInfinity, -kMost};
  const double narrow = static_cast<float>(value);
  return narrow < value ? DoubleSpan{narrow, value} : DoubleSpan{value, narrow};
}

}  // namespace sluice::delta
