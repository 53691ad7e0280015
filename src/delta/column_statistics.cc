#include "delta/column_statistics.h"

#include <algorithm>
#include <string>
#include <utility>

#include "delta/time_text.h"

namespace sluice::delta {
namespace {

using Kind = Scalar::Kind;

bool IsAbsent(const Scalar& scalar) {
  return scalar.kind == Kind::kMissing || scalar.kind == Kind::kNull;
}

bool HasKindOf(Family family, Kind kind) {
  switch (family) {
    case Family::kBool: return kind == Kind::kBool || kind == Kind::kText;
    case Family::kInteger: return kind == Kind::kNumber;
    case Family::kDecimal:
    case Family::kFloat:
    case Family::kDouble: return kind == Kind::kNumber || kind == Kind::kText;
    case Family::kString:
    case Family::kDate:
    case Family::kTimestamp:
    case Family::kTimestampNtz: return kind == Kind::kText;
    case Family::kNull:
    case Family::kOther: return false;
  }
  return false;
}

// There are writers that make decimals doubles on the way to JSON. What has few digits came
// through unharmed; anything else may be off by what a double of this size leaves out.
std::optional<Range> ParseDecimalBound(const Type& type, std::string_view text) {
  constexpr int kSafeDigits = 15;
  constexpr int kDoubleBits = 48;
  if (type.precision <= kSafeDigits) {
    if (std::optional<Range> exact = ParseValue(type, text)) return exact;
  }
  std::optional<Number> number = ParseNumber(text);
  if (!number.has_value()) return std::nullopt;
  if (number->scale < type.scale) number = WithScale(*number, type.scale);
  // One digit more is needed for what is added.
  if (!number.has_value() || Digits(*number) == kMaxDigits) return std::nullopt;
  const Int128 magnitude = number->unscaled < 0 ? -number->unscaled : number->unscaled;
  const Int128 slack = (magnitude >> kDoubleBits) + 1;
  return Range::Between(Number{number->unscaled - slack, number->scale},
                        Number{number->unscaled + slack, number->scale});
}

// Milliseconds are all that statistics have, whatever was cut off and in which direction.
Range WithinMillisecond(const Range& moment) {
  constexpr Int128 kMillisecond = 1000;
  return Range::Between(Number{std::get<Number>(*moment.lo).unscaled - kMillisecond, 0},
                        Number{std::get<Number>(*moment.hi).unscaled + kMillisecond, 0});
}

// What a bound says; its own bounds are apart where that is not sure.
std::optional<Range> ParseBound(const Type& type, const Scalar& scalar) {
  if (!HasKindOf(type.family, scalar.kind)) return std::nullopt;
  if (type.family == Family::kDecimal) return ParseDecimalBound(type, scalar.text);
  std::optional<Range> bound = ParseValue(type, scalar.text);
  const bool is_time = type.family == Family::kTimestamp || type.family == Family::kTimestampNtz;
  return bound.has_value() && is_time ? WithinMillisecond(*bound) : bound;
}

// What is older is shown otherwise by readers that do not know of the writer's calendar, or of its
// local mean time.
std::optional<Int128> OldestSureMoment(Family family) {
  constexpr Int128 kGregorian = -141'427;    // 1582-10-15
  constexpr Int128 kStandardTime = -25'567;  // 1900-01-01
  if (family == Family::kDate) return kGregorian;
  if (family == Family::kTimestamp || family == Family::kTimestampNtz) {
    return kStandardTime * kMicrosPerDay;
  }
  return std::nullopt;
}

void DropOldMoments(Range& range, Int128 oldest) {
  const Value limit = Number{oldest, 0};
  if (range.lo.has_value() && Compare(*range.lo, limit) < 0) range.lo = std::nullopt;
  if (range.hi.has_value() && Compare(*range.hi, limit) < 0) range.hi = limit;
}

// A greatest string that is long may have been cut off, or have got a last character that makes it
// the greatest; so may one that ends with the character that was taken for the greatest once.
void LoosenIfCut(Range& range) {
  constexpr size_t kShortestCut = 32;  // in bytes: never more than there are characters
  constexpr std::string_view kOnceGreatest = "\xEF\xBF\xBD";
  auto& text = std::get<std::string>(*range.hi);
  if (text.size() < kShortestCut && !text.ends_with(kOnceGreatest)) return;
  const auto is_continuation = [](char c) { return (c & '\xC0') == '\x80'; };
  while (!text.empty() && is_continuation(text.back())) text.pop_back();
  if (!text.empty()) text.pop_back();
  range.hi_is_prefix = true;
  if (text.empty()) range.hi = std::nullopt;
}

// False: the bounds say nothing that can be relied on.
bool ReadBounds(const Type& type, const ColumnStatistics& column, Range& range) {
  const bool is_real = type.family == Family::kFloat || type.family == Family::kDouble;
  const auto says_nothing = [&](const Scalar& bound) {
    return IsAbsent(bound) || (is_real && bound.kind == Kind::kText && bound.text == "NaN");
  };
  if (!says_nothing(column.least)) {
    std::optional<Range> bound = ParseBound(type, column.least);
    if (!bound.has_value()) return false;
    range.lo = std::move(bound->lo);
  }
  if (!says_nothing(column.most)) {
    std::optional<Range> bound = ParseBound(type, column.most);
    if (!bound.has_value()) return false;
    range.hi = std::move(bound->hi);
    if (type.family == Family::kString) LoosenIfCut(range);
  }
  if (range.IsEmpty()) return false;
  if (const auto oldest = OldestSureMoment(type.family)) DropOldMoments(range, *oldest);
  return true;
}

// False: the count contradicts itself.
bool ReadNulls(const Scalar& count, std::optional<int64_t> rows, Range& range) {
  if (IsAbsent(count)) return true;
  const std::optional<int64_t> nulls =
      count.kind == Kind::kNumber ? ParseInteger(count.text) : std::nullopt;
  if (!nulls.has_value() || *nulls < 0 || (rows.has_value() && *nulls > *rows)) return false;
  if (rows == 0) return true;
  range.nulls = nulls != 0;
  // In between it says nothing: rows may have been deleted since.
  range.values = !rows.has_value() || nulls != rows;
  return true;
}

}  // namespace

Range OfPartitionValue(const Type& type, const Scalar& value) {
  if (value.kind == Kind::kNull) return Range::Null();
  if (value.kind != Kind::kText) return Range::Anything();
  if (value.text.empty()) return Range::Null();
  return ParseValue(type, value.text).value_or(Range::Anything());
}

Range OfStatistics(const Type& type, const ColumnStatistics& column, std::optional<int64_t> rows) {
  Range range = Range::Anything();
  if (!ReadNulls(column.nulls, rows, range)) return Range::Anything();
  // Bounds of nothing but nulls would contradict that: they are not looked at.
  if (type.family == Family::kOther || !range.values) return range;
  Range bounded = range;
  // Writers leave NaN out of both bounds.
  bounded.nans = type.family == Family::kFloat || type.family == Family::kDouble;
  return ReadBounds(type, column, bounded) ? bounded : range;
}

}  // namespace sluice::delta
