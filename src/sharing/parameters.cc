#include "sharing/parameters.h"

#include <fmt/format.h>

#include <charconv>

#include "base/timestamp.h"
#include "sharing/errors.h"

namespace sluice::sharing {
namespace {

std::optional<int64_t> Number(std::string_view text) {
  int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Null where the member is absent or null.
const json::Value* Member(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains({name.data(), name.size()});
  return value == nullptr || value->is_null() ? nullptr : value;
}

}  // namespace

Result<int64_t> ParseNumber(std::string_view text) {
  if (const auto value = Number(text)) return *value;
  return InvalidParameter(std::string(errors::kNotANumber));
}

Result<std::optional<int64_t>> NumberMember(const json::Object& object, std::string_view name) {
  const json::Value* value = Member(object, name);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (value->is_string()) {
    if (const auto number = Number(std::string_view(value->get_string()))) return number;
    return Malformed(fmt::format("Not a numeric value: {}", value->get_string().c_str()));
  }
  return Malformed(fmt::format("Not a numeric value: the field {}", name));
}

Result<std::optional<std::string>> TextMember(const json::Object& object, std::string_view name) {
  const json::Value* value = Member(object, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string())
    return Malformed(fmt::format("Expected a string for the field {}", name));
  return std::string(value->get_string());
}

Result<bool> FlagMember(const json::Object& object, std::string_view name) {
  const json::Value* value = Member(object, name);
  if (value == nullptr) return false;
  if (!value->is_bool())
    return Malformed(fmt::format("Expected true or false for the field {}", name));
  return value->get_bool();
}

Result<TimePoint> ParseTimeParameter(std::string_view name, std::string_view text) {
  const Result<TimePoint> time = ParseTimestamp(text);
  if (time) return *time;
  return InvalidParameter(fmt::format("Invalid {}: {}", name, time.error().message));
}

}  // namespace sluice::sharing
