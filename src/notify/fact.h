// notify/fact.h -- one thing that happened and that somebody must hear of.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace sluice::notify {

enum class Kind {
  kTokenExpiring,
  kGrantExpiring,
  kTokenRotated,
  kLinkUnopened,
  kRecipientDeniedRepeatedly,
  kAccessGranted,
  kAccessRevoked,
  kTableChanged,
  kSchemaChanged,
  kShareObjectBroken,
  kRequestMade,
  kRequestAnswered,
  kDeliveryFailed,
  kUsageReport,  // goes where the report says, not by subscription
  kUsageReportFailed,
  kQueryFailed,
};
std::string_view KindName(Kind kind);  // "token_expiring"
std::optional<Kind> ParseKind(std::string_view name);

struct Fact {
  std::string key{};  // unique among all facts
  Kind kind = Kind::kAccessGranted;
  std::string title{};
  std::string text{};
  // What it is about; ids beside names, which change.
  std::string recipient{};
  std::string recipient_id{};
  std::string share{};
  std::string share_id{};
  std::string table{};
  std::string request_id{};
  // Whose inbox it goes to: ids of principals and recipients.
  std::vector<std::string> holders{};
};

}  // namespace sluice::notify
