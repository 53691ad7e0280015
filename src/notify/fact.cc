#include "notify/fact.h"

#include <array>

namespace sluice::notify {
namespace {

// In the order of Kind; they go to the database.
constexpr auto kNames = std::to_array<std::string_view>(
    {"token_expiring", "grant_expiring", "token_rotated", "link_unopened",
     "recipient_denied_repeatedly", "access_granted", "access_revoked", "table_changed",
     "schema_changed", "share_object_broken", "request_made", "request_answered", "delivery_failed",
     "usage_report", "usage_report_failed", "query_failed"});

}  // namespace

std::string_view KindName(Kind kind) { return kNames.at(static_cast<size_t>(kind)); }

std::optional<Kind> ParseKind(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames.at(i) == name) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

}  // namespace sluice::notify
