#include "notify/destination.h"

#include <algorithm>
#include <string>

#include "base/encoding.h"
#include "base/json.h"

namespace sluice::notify {
namespace {

constexpr size_t kMostAddresses = 20;

bool IsAddress(std::string_view text) {
  const size_t at = text.find('@');
  return text.size() <= 320 && at != 0 && at != std::string_view::npos && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos && std::ranges::all_of(text, [](char c) {
           return c > ' ' && c < '\x7f' &&
                  std::string_view("<>()[],;:\\\"").find(c) == std::string_view::npos;
         });
}

std::string TextOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

bool Subscription::Wants(Kind kind) const { return std::ranges::find(kinds, kind) != kinds.end(); }

bool Subscription::Wants(const Fact& fact) const {
  return Wants(fact.kind) && (share_id.empty() || share_id == fact.share_id) &&
         (recipient_id.empty() || recipient_id == fact.recipient_id);
}

std::string WriteWebhook(const WebhookConfig& config) {
  return json::Serialize(json::Object{{"url", config.url},
                                      {"username", config.username},
                                      {"password", config.password},
                                      {"key", Base64Url(config.signing_key)}});
}

Result<WebhookConfig> ReadWebhook(std::string_view text) {
  const auto value = json::Parse(text);
  if (!value || !value->is_object()) {
    return Fail(Code::kCorrupt, "the database holds a row that cannot be read", "a webhook");
  }
  const json::Object& object = value->as_object();
  WebhookConfig config{
      TextOf(object, "url"), TextOf(object, "username"), TextOf(object, "password"), {}};
  config.signing_key = TRY(DecodeBase64Url(TextOf(object, "key")));
  return config;
}

Status CheckAddresses(const std::vector<std::string>& addresses) {
  if (addresses.empty() || addresses.size() > kMostAddresses) {
    return Fail(Code::kInvalidArgument, "email.addresses must hold 1 to 20 addresses.");
  }
  if (!std::ranges::all_of(addresses, IsAddress)) {
    return Fail(Code::kInvalidArgument,
                "email.addresses must be addresses like ada@example.org, without a name.");
  }
  return {};
}

Status CheckUrl(std::string_view url) {
  const std::string lower = AsciiLower(url.substr(0, 8));
  const bool web = lower.starts_with("https://") || lower.starts_with("http://");
  const bool plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f'; });
  // Names and passwords have fields of their own, where nobody writes them into a log.
  const std::string_view host =
      web ? url.substr(url.find("//") + 2, url.find_first_of("/?#", 8) - url.find("//") - 2) : "";
  if (!web || !plain || url.size() > 2048 || host.empty() ||
      host.find('@') != std::string_view::npos) {
    return Fail(Code::kInvalidArgument,
                "generic_webhook.url must be an http or https URL without a user name in it.");
  }
  return {};
}

}  // namespace sluice::notify
