// base/bytes.h -- amounts of bytes as a type of their own.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace sluice {

// A number of bytes; never a number of anything else.
struct ByteCount {
  uint64_t value = 0;
  constexpr auto operator<=>(const ByteCount&) const = default;
  constexpr ByteCount operator+(ByteCount other) const { return {value + other.value}; }
};

constexpr ByteCount KiB(uint64_t n) { return {n << 10}; }
constexpr ByteCount MiB(uint64_t n) { return {n << 20}; }
constexpr ByteCount GiB(uint64_t n) { return {n << 30}; }

// For people: "1.5 MiB".
std::string HumanBytes(ByteCount count);

}  // namespace sluice
