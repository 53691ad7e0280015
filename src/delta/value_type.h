// delta/value_type.h -- the types that values are compared as, and how a range of one type becomes
// a range of another.
//
// Engines differ in what they do where types do not fit. Converted is only what comes to the same
// for all of them, and in a way that keeps the order or on a single value; the rest is anything.
#pragma once

#include <compare>
#include <string_view>

#include "delta/value_range.h"

namespace sluice::delta {

enum class Family {
  kNull,
  kBool,
  kInteger,
  kDecimal,
  kFloat,  // compared as floats or as doubles: engines differ, ranges allow for both
  kDouble,
  kString,
  kDate,       // days
  kTimestamp,  // microseconds in UTC
  kTimestampNtz,
  kOther,  // nothing is known of its values but whether they are null
};

struct Type {
  Family family = Family::kOther;
  int bits = 0;       // kInteger
  int precision = 0;  // kDecimal: digits in all, and behind the point
  int scale = 0;
  bool was_float = false;  // kDouble: older files hold floats
  auto operator<=>(const Type&) const = default;
};

constexpr Type Integer(int bits) { return {.family = Family::kInteger, .bits = bits}; }
constexpr Type OfFamily(Family family) { return {.family = family}; }

// A primitive type's name in a schema, "decimal(10,2)".
Type ParseType(std::string_view name);

// What values of two types are compared as; kOther if that is not sure.
Type CommonType(const Type& a, const Type& b);

// The values of a range as another type; anything, null too, where a value may not have one.
Range Convert(const Range& range, const Type& from, const Type& to);

// The value that a text means, strictly read: nothing if engines might read it otherwise. A range
// where it means one of several.
std::optional<Range> ParseValue(const Type& type, std::string_view text);

}  // namespace sluice::delta
