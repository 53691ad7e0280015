#include "delta/value_range.h"

#include <algorithm>
#include <utility>

namespace sluice::delta {
namespace {

enum class Order { kLess, kLessOrEqual };

bool Begins(const Value& text, const Value& prefix) {
  const auto* whole = std::get_if<std::string>(&text);
  const auto* front = std::get_if<std::string>(&prefix);
  return whole != nullptr && front != nullptr && whole->starts_with(*front);
}

// Whether a value from `a.lo` on may be below one up to `b.hi`, NaN left aside.
bool MayBeBelow(const Range& a, const Range& b, Order order) {
  if (!a.lo.has_value() || !b.hi.has_value()) return true;
  const int compared = Compare(*a.lo, *b.hi);
  if (compared < 0) return true;
  // However long a string with this beginning is, there are greater ones.
  if (b.hi_is_prefix) return Begins(*a.lo, *b.hi);
  return compared == 0 && order == Order::kLessOrEqual;
}

bool MayMeet(const Range& a, const Range& b) {
  return MayBeBelow(a, b, Order::kLessOrEqual) && MayBeBelow(b, a, Order::kLessOrEqual);
}

// With null on either side: null.
Outcomes WithNulls(const Range& a, const Range& b, bool is_true, bool is_false) {
  const bool compared = a.values && b.values;
  return {compared && is_true, compared && is_false, a.nulls || b.nulls};
}

}  // namespace

int Compare(const Value& a, const Value& b) {
  if (const auto* number = std::get_if<Number>(&a)) {
    const std::strong_ordering order = Compare(*number, std::get<Number>(b));
    return order < 0 ? -1 : (order > 0 ? 1 : 0);
  }
  if (const auto* real = std::get_if<double>(&a)) {
    const double other = std::get<double>(b);
    return *real < other ? -1 : (*real > other ? 1 : 0);
  }
  return std::get<std::string>(a).compare(std::get<std::string>(b));
}

bool Range::IsPoint() const {
  return lo.has_value() && hi.has_value() && !hi_is_prefix && !nans && Compare(*lo, *hi) == 0;
}

bool Range::IsEmpty() const { return !MayBeBelow(*this, *this, Order::kLessOrEqual); }

Outcomes Equal(const Range& a, const Range& b) {
  const bool meet = MayMeet(a, b);
  const bool same = meet && a.IsPoint() && b.IsPoint();
  return WithNulls(a, b, meet || (a.nans && b.nans), !same);
}

Outcomes Less(const Range& a, const Range& b) {
  const bool nans = a.nans || b.nans;
  return WithNulls(a, b, b.nans || MayBeBelow(a, b, Order::kLess),
                   nans || MayBeBelow(b, a, Order::kLessOrEqual));
}

Outcomes LessOrEqual(const Range& a, const Range& b) {
  const bool nans = a.nans || b.nans;
  return WithNulls(a, b, b.nans || MayBeBelow(a, b, Order::kLessOrEqual),
                   nans || MayBeBelow(b, a, Order::kLess));
}

Outcomes StartsWith(const Range& range, const std::string& prefix) {
  Range matching = Range::Point(Value(prefix));
  matching.hi_is_prefix = true;
  // What lies between two strings that begin so begins so too.
  const bool all = range.lo.has_value() && range.hi.has_value() &&
                   Begins(*range.lo, *matching.lo) && Begins(*range.hi, *matching.lo);
  return WithNulls(range, matching, MayMeet(range, matching), !all);
}

Outcomes IsNull(const Range& range) { return {range.nulls, range.values, false}; }

LiteralSet::LiteralSet(std::vector<Range> literals, bool sure) {
  for (Range& literal : literals) {
    if (!literal.values) {
      null_ = true;
    } else if (literal.nulls || literal.nans || !literal.lo.has_value() ||
               !literal.hi.has_value()) {
      anything_ = true;
    } else if (sure && literal.IsPoint()) {
      points_.push_back(std::move(*literal.lo));
    } else {
      spans_.push_back(std::move(literal));
    }
  }
  const auto before = [](const Value& a, const Value& b) { return Compare(a, b) < 0; };
  std::sort(points_.begin(), points_.end(), before);
  std::sort(spans_.begin(), spans_.end(),
            [&](const Range& a, const Range& b) { return before(*a.lo, *b.lo); });
  for (size_t i = 1; i < spans_.size(); ++i) {
    if (before(*spans_[i].hi, *spans_[i - 1].hi)) spans_[i].hi = spans_[i - 1].hi;
  }
}

bool LiteralSet::MayHold(const Range& range) const {
  if (anything_) return true;
  const auto below = [](const Value& a, const Value& b) { return Compare(a, b) < 0; };
  const auto point = range.lo.has_value()
                         ? std::lower_bound(points_.begin(), points_.end(), *range.lo, below)
                         : points_.begin();
  if (point != points_.end() && MayMeet(Range::Point(*point), range)) return true;
  // The last span that begins within reach of the range has the greatest end of all before it.
  const auto span = std::partition_point(spans_.begin(), spans_.end(), [&](const Range& literal) {
    return MayBeBelow(literal, range, Order::kLessOrEqual);
  });
  return span != spans_.begin() && MayMeet(*std::prev(span), range);
}

Outcomes LiteralSet::Contains(const Range& range) const {
  const bool may_hold = MayHold(range);
  const bool surely =
      may_hold && range.IsPoint() &&
      std::binary_search(points_.begin(), points_.end(), *range.lo,
                         [](const Value& a, const Value& b) { return Compare(a, b) < 0; });
  // Not found, but null is among what it is compared with: null.
  const bool missed = range.values && !surely;
  return {range.values && may_hold, missed && !null_,
          range.nulls || (missed && (null_ || anything_))};
}

}  // namespace sluice::delta
