// delta/value_range.h -- what is known of a column's values in the rows of a file, and what
// comparisons of such values may come to.
//
// A literal is a range too, mostly one with one value in it; where nobody knows which moment or
// number a text means, the range holds all that it may mean. So all comparisons are between ranges.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "delta/number.h"
#include "delta/outcomes.h"

namespace sluice::delta {

// Booleans (0, 1), days and microseconds are numbers too. Only values of one alternative, and of
// one meaning, are compared; a double is never NaN here.
using Value = std::variant<Number, double, std::string>;

int Compare(const Value& a, const Value& b);  // strings by their UTF-8 bytes

struct Range {
  bool nulls = true;   // a row may have null
  bool values = true;  // a row may have a value: NaN, or one between the bounds
  bool nans = false;   // a value may be NaN
  std::optional<Value> lo = std::nullopt;
  std::optional<Value> hi = std::nullopt;
  bool hi_is_prefix = false;  // a string: whatever begins with `hi` lies inside

  static Range Anything() { return {.nans = true}; }
  static Range Null() { return {.values = false}; }
  static Range Between(Value least, Value most) {
    return {.nulls = false, .lo = std::move(least), .hi = std::move(most)};
  }
  static Range Point(const Value& value) { return Between(value, value); }

  // Whether all values are known to be the same one.
  bool IsPoint() const;
  bool IsEmpty() const;  // bounds that no value lies between
};

// SQL's comparisons of any value of `a` with any value of `b`. NaN is the greatest and equals
// itself (Spark, DuckDB), or nothing holds of it (pandas): both are allowed for.
Outcomes Equal(const Range& a, const Range& b);
Outcomes Less(const Range& a, const Range& b);
Outcomes LessOrEqual(const Range& a, const Range& b);
Outcomes StartsWith(const Range& range, const std::string& prefix);
Outcomes IsNull(const Range& range);

// The literals of an IN: a look-up costs the logarithm of how many there are.
class LiteralSet {
 public:
  // `sure`: a value that is found equals a literal for everybody.
  LiteralSet(std::vector<Range> literals, bool sure);
  Outcomes Contains(const Range& range) const;

 private:
  bool MayHold(const Range& range) const;

  std::vector<Value> points_;  // in order
  std::vector<Range> spans_;   // in the order of `lo`; `hi` is the greatest so far
  bool null_ = false;
  bool anything_ = false;  // a literal that may be anything
};

}  // namespace sluice::delta
