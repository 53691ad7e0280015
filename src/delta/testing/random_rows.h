// delta/testing/random_rows.h -- random columns with random rows, and the statistics and partition
// values that writers make of them. Nothing of data skipping is used here: it is what that is
// measured with.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/json.h"

namespace sluice::delta::testing {

enum class Kind {
  kBool,
  kInt,
  kLong,
  kDecimal,
  kBigDecimal,
  kFloat,
  kDouble,
  kString,
  kDate,
  kTimestamp,
  kNtz
};
inline constexpr int kKinds = 11;

__extension__ using Wide = __int128;

// A value of a row. Integers and decimals are held in millionths, times in microseconds.
struct Cell {
  bool null = true;
  Wide number = 0;
  double real = 0;
  std::string text = {};
};

inline constexpr int64_t kMillion = 1'000'000;
inline constexpr int64_t kDayMicros = 86'400 * kMillion;

inline bool IsReal(Kind kind) { return kind == Kind::kFloat || kind == Kind::kDouble; }
inline bool IsMoment(Kind kind) { return kind == Kind::kTimestamp || kind == Kind::kNtz; }

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  int Roll(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(engine_); }
  bool OneIn(int sides) { return Roll(sides) == 0; }
  int64_t Between(int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(engine_);
  }
  template <class T>
  const T& Of(const std::vector<T>& choices) {
    return choices[static_cast<size_t>(Roll(static_cast<int>(choices.size())))];
  }

 private:
  std::mt19937_64 engine_;
};

inline std::string RandomPiece(Dice& dice) {
  static const std::vector<std::string> kPieces = {
      "a", "b", "Z", "~", "\x7f", "é", "\xEF\xBF\xBD", "🐤", "\xF4\x8F\xBF\xBF", "\"", "0"};
  return dice.Of(kPieces);
}

inline std::string RandomText(Dice& dice) {
  std::string text;
  if (dice.OneIn(3)) text = std::string(static_cast<size_t>(dice.Between(29, 33)), 'a');
  if (dice.OneIn(8)) {
    for (int i = 0; i < 16; ++i) text += "🐤";
  }
  for (int i = dice.Roll(4); i > 0; --i) text += RandomPiece(dice);
  return text;
}

// Few values and their neighbours, so that comparisons are often close.
inline Cell RandomCell(Dice& dice, Kind kind) {
  Cell cell{.null = false};
  switch (kind) {
    case Kind::kBool: cell.number = dice.Roll(2); break;
    case Kind::kInt:
      cell.number = dice.OneIn(9) ? dice.Between(INT32_MIN, INT32_MAX) : dice.Between(-2, 5);
      cell.number *= kMillion;
      break;
    case Kind::kLong:
      cell.number = dice.OneIn(5)   ? INT64_MAX - dice.Roll(3)
                    : dice.OneIn(4) ? (int64_t{1} << 53) + dice.Between(-2, 2)
                                    : dice.Between(-2, 5);
      cell.number *= kMillion;
      break;
    case Kind::kDecimal: cell.number = Wide{dice.Between(-30, 30)} * (kMillion / 100); break;
    case Kind::kBigDecimal:
      cell.number = Wide{dice.Between(-2, 5)} * kMillion + dice.Roll(3);
      if (dice.OneIn(3)) cell.number += Wide{1'234'567'890'123'456'789} * kMillion * kMillion;
      break;
    case Kind::kFloat:
    case Kind::kDouble: {
      static const std::vector<double> kReals = {
          0.1, 0.2, 0.3, -0.0, 0.0, 1, 2.5, 1e30, -1e30, 16777217, NAN, INFINITY, -INFINITY, 3e38};
      cell.real = dice.Of(kReals);
      if (dice.OneIn(5)) cell.real = std::nextafter(cell.real, dice.OneIn(2) ? 9e9 : -9e9);
      if (kind == Kind::kFloat) cell.real = static_cast<float>(cell.real);
      break;
    }
    case Kind::kString: cell.text = RandomText(dice); break;
    case Kind::kDate: cell.number = dice.Between(18'700, 18'706); break;
    case Kind::kTimestamp:
    case Kind::kNtz:
      cell.number = dice.OneIn(3) ? 0 : Wide{18'700} * kDayMicros;
      cell.number += Wide{dice.Between(-30, 30)} * 3600 * kMillion * (dice.OneIn(2) ? 1 : 0);
      cell.number += dice.Between(-3, 3) * (dice.OneIn(2) ? 500 : 1000);
      break;
  }
  return cell;
}

inline std::string Digits(Wide number, int scale) {
  const bool minus = number < 0;
  std::string digits;
  for (Wide rest = minus ? -number : number; rest > 0; rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  while (static_cast<int>(digits.size()) <= scale) digits.insert(digits.begin(), '0');
  if (scale > 0) digits.insert(digits.size() - static_cast<size_t>(scale), ".");
  return (minus ? "-" : "") + digits;
}

inline std::string DayText(int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

// `fraction`: how many digits of it, at most six; the rest is cut off.
inline std::string MomentText(Wide micros, char between, int fraction) {
  Wide day = micros / kDayMicros;
  if (micros % kDayMicros < 0) --day;
  const auto rest = static_cast<int64_t>(micros - day * kDayMicros);
  const int64_t seconds = rest / kMillion;
  const std::string digits = fmt::format("{:06}", rest % kMillion);
  const std::string behind =
      fraction == 0 ? "" : "." + digits.substr(0, static_cast<size_t>(fraction));
  return fmt::format("{}{}{:02}:{:02}:{:02}{}", DayText(static_cast<int64_t>(day)), between,
                     seconds / 3600, seconds / 60 % 60, seconds % 60, behind);
}

inline std::string RealText(Kind kind, double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return kind == Kind::kFloat ? fmt::format("{}", static_cast<float>(value))
                              : fmt::format("{}", value);
}

inline std::string TypeName(Kind kind) {
  constexpr const char* kNames[] = {"boolean",       "integer",   "long",         "decimal(9,2)",
                                    "decimal(38,6)", "float",     "double",       "string",
                                    "date",          "timestamp", "timestamp_ntz"};
  return kNames[static_cast<int>(kind)];
}

// The exact text of a value, as partition values have it; times without a zone.
inline std::string CellText(Kind kind, const Cell& cell) {
  switch (kind) {
    case Kind::kBool: return cell.number != 0 ? "true" : "false";
    case Kind::kInt:
    case Kind::kLong: return Digits(cell.number / kMillion, 0);
    case Kind::kDecimal: return Digits(cell.number / (kMillion / 100), 2);
    case Kind::kBigDecimal: return Digits(cell.number, 6);
    case Kind::kFloat:
    case Kind::kDouble: return RealText(kind, cell.real);
    case Kind::kString: return cell.text;
    case Kind::kDate: return DayText(static_cast<int64_t>(cell.number));
    case Kind::kTimestamp:
    case Kind::kNtz: return MomentText(cell.number, ' ', 6);
  }
  return "";
}

// NaN is the greatest.
inline bool IsBelow(Kind kind, const Cell& a, const Cell& b) {
  if (kind == Kind::kString) return a.text < b.text;
  if (!IsReal(kind)) return a.number < b.number;
  if (std::isnan(a.real) || std::isnan(b.real)) return !std::isnan(a.real) && std::isnan(b.real);
  return a.real < b.real;
}

// How many characters of UTF-16 a UTF-8 character takes that begins with `first`; 0 inside of one.
inline int Utf16Length(char first) {
  const auto byte = static_cast<uint8_t>(first);
  return (byte & 0xC0) == 0x80 ? 0 : (byte >= 0xF0 ? 2 : 1);
}

// As Spark cuts off strings: 32 characters of UTF-16, none in halves, then for the greatest one a
// last character that is greater than what was cut off.
inline std::string Cut(const std::string& text, bool is_greatest) {
  int length = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (Utf16Length(text[i]) > 0 && length >= 32) {
      const std::string tail = static_cast<uint8_t>(text[i]) < 0x7F ? "\x7f" : "\xF4\x8F\xBF\xBF";
      return text.substr(0, i) + (is_greatest ? tail : "");
    }
    length += Utf16Length(text[i]);
  }
  return text;
}

// How one writer tells of bounds.
struct Writer {
  bool nan_is_greatest = false;  // else it is left out
  bool through_doubles = false;  // decimals
  bool cuts_strings = true;
  bool marks_cuts = true;
  char between = 'T';
  std::string zone = "Z";  // or +01:00, or none
};

inline Writer RandomWriter(Dice& dice) {
  static const std::vector<std::string> kZones = {"Z", "Z", "+01:00", ""};
  return {dice.OneIn(2),  dice.OneIn(3), !dice.OneIn(4), !dice.OneIn(4), dice.OneIn(4) ? ' ' : 'T',
          dice.Of(kZones)};
}

inline std::string Quoted(const std::string& text) {
  std::string out;
  json::AppendQuoted(text, out);
  return out;
}

inline std::string BoundText(const Writer& writer, Kind kind, const Cell& cell, bool is_greatest) {
  switch (kind) {
    case Kind::kString: {
      if (!writer.cuts_strings) return Quoted(cell.text);
      return Quoted(Cut(cell.text, is_greatest && writer.marks_cuts));
    }
    case Kind::kDecimal:
    case Kind::kBigDecimal: {
      if (!writer.through_doubles) return CellText(kind, cell);
      const int scale = kind == Kind::kDecimal ? 2 : 6;
      const Wide unscaled = kind == Kind::kDecimal ? cell.number / (kMillion / 100) : cell.number;
      return fmt::format("{}", static_cast<double>(unscaled) * std::pow(10.0, -scale));
    }
    case Kind::kTimestamp: {
      const Wide shown = cell.number + (writer.zone == "+01:00" ? 3600 * kMillion : 0);
      return Quoted(MomentText(shown, writer.between, 3) + writer.zone);
    }
    case Kind::kNtz: return Quoted(MomentText(cell.number, writer.between, 3));
    case Kind::kDate: return Quoted(CellText(kind, cell));
    case Kind::kFloat:
    case Kind::kDouble:
      return std::isfinite(cell.real) ? CellText(kind, cell) : Quoted(CellText(kind, cell));
    default: return CellText(kind, cell);
  }
}

struct BoundTexts {
  std::optional<std::string> least, most;
  int nulls = 0;
};

inline BoundTexts BoundsOf(const Writer& writer, Kind kind, const std::vector<Cell>& cells) {
  BoundTexts bounds;
  std::optional<Cell> least, most;
  for (const Cell& cell : cells) {
    if (cell.null) ++bounds.nulls;
    if (cell.null || (std::isnan(cell.real) && !writer.nan_is_greatest)) continue;
    if (!least.has_value() || IsBelow(kind, cell, *least)) least = cell;
    if (!most.has_value() || IsBelow(kind, *most, cell)) most = cell;
  }
  if (least.has_value()) bounds.least = BoundText(writer, kind, *least, false);
  if (most.has_value()) bounds.most = BoundText(writer, kind, *most, true);
  return bounds;
}

}  // namespace sluice::delta::testing
