// notify/destination.h -- where mail and webhooks go, and who subscribed to what.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/model.h"
#include "notify/fact.h"

namespace sluice::notify {

enum class DestinationType { kEmail, kWebhook };

// Of a webhook all is secret: a URL may hold a token.
struct WebhookConfig {
  std::string url{};
  std::string username{};
  std::string password{};
  std::string signing_key{};  // its bytes
};

struct Destination {
  std::string id{};
  std::string display_name{};
  DestinationType type = DestinationType::kEmail;
  std::vector<std::string> addresses{};
  catalog::SealedSecret webhook{};  // of a WebhookConfig
  bool has_username = false;
  bool has_password = false;
  TimePoint created_at{};
};

struct Subscription {
  std::string id{};
  std::string destination{};
  std::vector<Kind> kinds{};
  std::string share_id{};      // empty: any
  std::string recipient_id{};  // likewise
  TimePoint created_at{};

  bool Wants(const Fact& fact) const;
  bool Wants(Kind kind) const;
};

std::string WriteWebhook(const WebhookConfig& config);
// Errors: kCorrupt
Result<WebhookConfig> ReadWebhook(std::string_view text);

// Errors: kInvalidArgument, with the sentence for the client
Status CheckAddresses(const std::vector<std::string>& addresses);
Status CheckUrl(std::string_view url);

}  // namespace sluice::notify
