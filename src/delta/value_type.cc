#include "delta/value_type.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "delta/time_text.h"

namespace sluice::delta {
namespace {

// No clock on earth is farther from UTC, now or in the past; no engine takes a greater offset.
constexpr int64_t kZoneSlack = int64_t{18} * 3600 * 1'000'000;

Value Whole(Int128 number) { return Number{number, 0}; }
Int128 Unscaled(const Value& value) { return std::get<Number>(value).unscaled; }

bool IsExact(Family family) { return family == Family::kInteger || family == Family::kDecimal; }
bool IsReal(Family family) { return family == Family::kFloat || family == Family::kDouble; }
bool IsTime(Family family) {
  return family == Family::kTimestamp || family == Family::kTimestampNtz;
}

// The range whose bounds are those of `range`, each made by `least` or `most`.
template <class Least, class Most>
Range Mapped(Range range, const Least& least, const Most& most) {
  if (range.lo.has_value()) range.lo = least(*range.lo);
  if (range.hi.has_value()) range.hi = most(*range.hi);
  return range;
}

Range Widened(const Range& range, int64_t slack) {
  return Mapped(
      range, [&](const Value& v) { return Whole(Unscaled(v) - slack); },
      [&](const Value& v) { return Whole(Unscaled(v) + slack); });
}

bool FitsBits(Int128 value, int bits) {
  const Int128 limit = Int128{1} << (bits - 1);
  return value >= -limit && value < limit;
}

Range ToInteger(const Range& range, const Type& from, const Type& to) {
  if (!IsExact(from.family)) return Range::Anything();
  const auto fits = [&](const std::optional<Value>& bound) {
    return bound.has_value() && std::get<Number>(*bound).scale == 0 &&
           FitsBits(Unscaled(*bound), to.bits);
  };
  const bool same = from.family == Family::kInteger && from.bits <= to.bits;
  // What does not fit wraps around, fails, or is null.
  return same || (fits(range.lo) && fits(range.hi)) ? range : Range::Anything();
}

Range ToReal(const Range& range, const Type& from, const Type& to) {
  Range real = range;
  if (IsExact(from.family)) {
    real = Mapped(
        range, [](const Value& v) { return Value(ToDoubles(std::get<Number>(v)).least); },
        [](const Value& v) { return Value(ToDoubles(std::get<Number>(v)).most); });
  } else if (!IsReal(from.family)) {
    return Range::Anything();
  }
  if (to.family == Family::kDouble) return real;
  return Mapped(
      real, [](const Value& v) { return Value(PerhapsAsFloat(std::get<double>(v)).least); },
      [](const Value& v) { return Value(PerhapsAsFloat(std::get<double>(v)).most); });
}

Range ToString(const Range& range, const Type& from) {
  // Texts of numbers are in another order than numbers.
  if (!range.IsPoint()) return Range::Anything();
  Range text = range;
  if (from.family == Family::kInteger) {
    text.lo = text.hi = std::to_string(static_cast<int64_t>(Unscaled(*range.lo)));
  } else if (from.family == Family::kDate) {
    text.lo = text.hi = FormatDay(static_cast<int32_t>(Unscaled(*range.lo)));
  } else {
    return Range::Anything();
  }
  return text;
}

Value DayOf(const Value& micros, int64_t slack) {
  const Int128 moment = Unscaled(micros) + slack;
  const Int128 day = moment / kMicrosPerDay;
  return Whole(moment % kMicrosPerDay < 0 ? day - 1 : day);
}

Range ToDate(const Range& range, const Type& from) {
  if (!IsTime(from.family)) return Range::Anything();
  const int64_t slack = from.family == Family::kTimestamp ? kZoneSlack : 0;
  return Mapped(
      range, [&](const Value& v) { return DayOf(v, -slack); },
      [&](const Value& v) { return DayOf(v, slack); });
}

Range ToTime(const Range& range, const Type& from, const Type& to) {
  if (from.family == Family::kDate) {
    const auto midnight = [](const Value& v) { return Whole(Unscaled(v) * kMicrosPerDay); };
    const Range midnights = Mapped(range, midnight, midnight);
    return to.family == Family::kTimestamp ? Widened(midnights, kZoneSlack) : midnights;
  }
  return IsTime(from.family) ? Widened(range, kZoneSlack) : Range::Anything();
}

Range FromString(const Range& range, const Type& to) {
  if (!range.IsPoint()) return Range::Anything();
  Type as = to;
  if (to.family == Family::kFloat) as = {.family = Family::kDouble, .was_float = true};
  std::optional<Range> read = ParseValue(as, std::get<std::string>(*range.lo));
  if (!read.has_value()) return Range::Anything();
  read->nulls = range.nulls;
  return *read;
}

std::optional<Range> ParseReal(const Type& type, std::string_view text) {
  const std::optional<double> wide = ParseDouble(text);
  const std::optional<float> narrow = ParseFloat(text);
  if (type.family == Family::kFloat) {
    return narrow.has_value() ? std::optional(Range::Point(double{*narrow})) : std::nullopt;
  }
  if (!wide.has_value()) return std::nullopt;
  if (!type.was_float) return Range::Point(*wide);
  if (!narrow.has_value()) return std::nullopt;
  return Range::Between(std::min(*wide, double{*narrow}), std::max(*wide, double{*narrow}));
}

std::optional<Range> ParseExact(const Type& type, std::string_view text) {
  if (type.family == Family::kInteger) {
    const std::optional<int64_t> value = ParseInteger(text);
    if (!value.has_value() || !FitsBits(*value, type.bits)) return std::nullopt;
    return Range::Point(Whole(*value));
  }
  const std::optional<Number> number = ParseNumber(text);
  const std::optional<Number> scaled =
      number.has_value() ? WithScale(*number, type.scale) : std::nullopt;
  if (!scaled.has_value() || Digits(*scaled) > type.precision) return std::nullopt;
  return Range::Point(*scaled);
}

std::optional<Range> ParseMoment(const Type& type, std::string_view text) {
  if (type.family == Family::kDate) {
    const std::optional<int32_t> day = ParseDay(text);
    if (!day.has_value()) return std::nullopt;
    return Range::Point(Whole(*day));
  }
  const std::optional<TimeText> time = ParseTime(text);
  if (!time.has_value()) return std::nullopt;
  const Range moment = Range::Point(Whole(time->micros));
  const bool sure = time->has_zone == (type.family == Family::kTimestamp);
  return sure ? moment : Widened(moment, kZoneSlack);
}

Type CommonExact(const Type& a, const Type& b) {
  if (a.family == b.family && a.family == Family::kInteger) return Integer(64);
  // An integer as the decimal that holds all of its kind.
  const auto whole_digits = [](const Type& t) {
    constexpr int kLongDigits = 20;
    constexpr int kIntDigits = 10;
    if (t.family == Family::kDecimal) return t.precision - t.scale;
    return t.bits > 32 ? kLongDigits : kIntDigits;
  };
  const int scale = std::max(a.scale, b.scale);
  // Too many digits for both sides: engines round, fail, or go over to doubles.
  if (std::max(whole_digits(a), whole_digits(b)) + scale > kMaxDigits) return {};
  return {.family = Family::kDecimal, .precision = kMaxDigits, .scale = scale};
}

// A string with something else: mostly the string is cast.
Type CommonWithString(const Type& other) {
  constexpr int kExactDigits = 15;  // compared as doubles or not
  switch (other.family) {
    case Family::kInteger: return Integer(64);
    case Family::kDecimal:
      return other.scale == 0 && other.precision <= kExactDigits ? Integer(64) : Type{};
    case Family::kBool:
    case Family::kDate:
    case Family::kTimestamp:
    case Family::kTimestampNtz:
    case Family::kDouble:
    case Family::kFloat: return OfFamily(other.family);
    default: return {};
  }
}

Type ParseDecimal(std::string_view arguments) {
  const size_t comma = arguments.find(',');
  if (comma == std::string_view::npos || !arguments.ends_with(')')) return {};
  std::string_view behind = arguments.substr(comma + 1, arguments.size() - comma - 2);
  while (behind.starts_with(' ')) behind.remove_prefix(1);
  const std::optional<int64_t> precision = ParseInteger(arguments.substr(0, comma));
  const std::optional<int64_t> scale = ParseInteger(behind);
  if (!precision.has_value() || !scale.has_value()) return {};
  if (*precision < 1 || *precision > kMaxDigits || *scale < 0 || *scale > *precision) return {};
  return {.family = Family::kDecimal,
          .precision = static_cast<int>(*precision),
          .scale = static_cast<int>(*scale)};
}

}  // namespace

Type ParseType(std::string_view name) {
  constexpr std::string_view kDecimalOf = "decimal(";
  constexpr std::pair<std::string_view, Type> kTypes[] = {
      {"boolean", OfFamily(Family::kBool)},
      {"byte", Integer(8)},
      {"short", Integer(16)},
      {"integer", Integer(32)},
      {"long", Integer(64)},
      {"float", OfFamily(Family::kFloat)},
      {"double", OfFamily(Family::kDouble)},
      {"string", OfFamily(Family::kString)},
      {"date", OfFamily(Family::kDate)},
      {"timestamp", OfFamily(Family::kTimestamp)},
      {"timestamp_ntz", OfFamily(Family::kTimestampNtz)},
  };
  for (const auto& [known, type] : kTypes) {
    if (name == known) return type;
  }
  if (name.starts_with(kDecimalOf)) return ParseDecimal(name.substr(kDecimalOf.size()));
  return {};
}

Type CommonType(const Type& a, const Type& b) {
  if (a.family == Family::kOther || b.family == Family::kOther) return {};
  if (a.family == Family::kNull) return b;
  if (b.family == Family::kNull) return a;
  if (IsExact(a.family) && IsExact(b.family)) return CommonExact(a, b);
  if (a.family == b.family) return OfFamily(a.family);
  if (a.family == Family::kString) return CommonWithString(b);
  if (b.family == Family::kString) return CommonWithString(a);
  const bool numbers = (IsExact(a.family) || IsReal(a.family)) &&  //
                       (IsExact(b.family) || IsReal(b.family));
  if (numbers) {
    const bool floats = a.family == Family::kFloat || b.family == Family::kFloat;
    return OfFamily(floats ? Family::kFloat : Family::kDouble);
  }
  const bool moments = (IsTime(a.family) || a.family == Family::kDate) &&
                       (IsTime(b.family) || b.family == Family::kDate);
  if (!moments) return {};
  const bool zoned = a.family == Family::kTimestamp || b.family == Family::kTimestamp;
  return OfFamily(zoned ? Family::kTimestamp : Family::kTimestampNtz);
}

Range Convert(const Range& range, const Type& from, const Type& to) {
  if (!range.values || from == to) return range;
  if (from.family == Family::kOther || to.family == Family::kOther) return Range::Anything();
  if (from.family == Family::kString && to.family != Family::kString) {
    return FromString(range, to);
  }
  switch (to.family) {
    case Family::kInteger: return ToInteger(range, from, to);
    case Family::kDecimal: return IsExact(from.family) ? range : Range::Anything();
    case Family::kFloat:
    case Family::kDouble: return ToReal(range, from, to);
    default: break;
  }
  if (from.family == to.family) return range;
  switch (to.family) {
    case Family::kString: return ToString(range, from);
    case Family::kDate: return ToDate(range, from);
    case Family::kTimestamp:
    case Family::kTimestampNtz: return ToTime(range, from, to);
    default: return Range::Anything();
  }
}

std::optional<Range> ParseValue(const Type& type, std::string_view text) {
  switch (type.family) {
    case Family::kBool:
      if (text == "true") return Range::Point(Whole(1));
      if (text == "false") return Range::Point(Whole(0));
      return std::nullopt;
    case Family::kInteger:
    case Family::kDecimal: return ParseExact(type, text);
    case Family::kFloat:
    case Family::kDouble: return ParseReal(type, text);
    case Family::kString: return Range::Point(std::string(text));
    case Family::kDate:
    case Family::kTimestamp:
    case Family::kTimestampNtz: return ParseMoment(type, text);
    case Family::kNull:
    case Family::kOther: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace sluice::delta
