// delta/outcomes.h -- which of true, false and null a predicate may come to over some rows.
//
// Each part of a predicate is judged by itself, and sets are joined by SQL's logic, pair by pair:
// what is really possible is always in the set, and what is not in the set is impossible. Nothing
// is lost where each set has one member, as with partition values.
#pragma once

#include <cstdint>

namespace sluice::delta {

class Outcomes {
 public:
  constexpr Outcomes() = default;  // none: there is no row
  constexpr Outcomes(bool is_true, bool is_false, bool is_null)
      : bits_(static_cast<uint8_t>((is_true ? kTrue : 0) | (is_false ? kFalse : 0) |
                                   (is_null ? kNull : 0))) {}
  static constexpr Outcomes Any() { return {true, true, true}; }

  constexpr bool may_be_true() const { return (bits_ & kTrue) != 0; }
  constexpr bool may_be_false() const { return (bits_ & kFalse) != 0; }
  constexpr bool may_be_null() const { return (bits_ & kNull) != 0; }
  constexpr bool only_true() const { return bits_ == kTrue; }
  constexpr bool only_false() const { return bits_ == kFalse; }
  constexpr bool operator==(const Outcomes&) const = default;

  friend constexpr Outcomes Not(Outcomes a) {
    return {a.may_be_false(), a.may_be_true(), a.may_be_null()};
  }
  friend constexpr Outcomes And(Outcomes a, Outcomes b) {
    return {a.may_be_true() && b.may_be_true(), a.may_be_false() || b.may_be_false(),
            (a.may_be_null() && (b.may_be_null() || b.may_be_true())) ||
                (b.may_be_null() && a.may_be_true())};
  }
  friend constexpr Outcomes Or(Outcomes a, Outcomes b) { return Not(And(Not(a), Not(b))); }

 private:
  static constexpr uint8_t kTrue = 1;
  static constexpr uint8_t kFalse = 2;
  static constexpr uint8_t kNull = 4;
  uint8_t bits_ = 0;
};

}  // namespace sluice::delta
