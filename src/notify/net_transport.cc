#include "notify/net_transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/encoding.h"
#include "net/http_client.h"
#include "notify/message.h"

namespace sluice::notify {
namespace {

constexpr Millis kConnectTimeout{5'000};
constexpr Millis kTimeout{10'000};
constexpr ByteCount kMostAnswer = KiB(64);

std::string BasicAuthorization(const WebhookConfig& to) {
  std::string text = Base64Url(to.username + ":" + to.password);
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return "Basic " + text;
}

}  // namespace

Status NetTransport::PostWebhook(const WebhookConfig& to, const Message& message) {
  const int64_t seconds =
      std::chrono::floor<std::chrono::seconds>(message.now).time_since_epoch().count();
  net::ClientRequest request{.method = net::Method::kPost,
                             .url = to.url,
                             .headers = {},
                             .body = std::string(message.body),
                             .timeout = kTimeout};
  request.headers.Add("Content-Type", "application/json");
  request.headers.Add("User-Agent", "sluice/" SLUICE_VERSION);
  request.headers.Add("webhook-id", std::string(message.id));
  request.headers.Add("webhook-timestamp", std::to_string(seconds));
  request.headers.Add("webhook-signature",
                      WebhookSignature(to.signing_key, message.id, seconds, message.body));
  if (!to.username.empty() || !to.password.empty()) {
    request.headers.Add("Authorization", BasicAuthorization(to));
  }
  // A client of its own: no connection is kept whose other end was looked at some other time.
  net::HttpClient client({.connect_timeout = kConnectTimeout,
                          .proxy = "none",
                          .public_only = !options_.allow_private_targets});
  const net::ClientResponse answer = TRY(client.Call(request, kMostAnswer));
  if (answer.status >= 200 && answer.status < 300) return {};
  return Fail(Code::kUnavailable, fmt::format("the webhook answered {}", answer.status));
}

Status NetTransport::SendMail(const std::vector<std::string>& to, const Message& message) {
  if (options_.mail_server.url.empty()) {
    return Fail(Code::kUnavailable, "no mail server is configured (notify.smtpUrl)");
  }
  const std::string text = TRY(MailText(
      {.from = options_.mail_from, .to = to, .id = std::string(message.id), .time = message.now},
      message.body));
  return net::SendMail(options_.mail_server, {options_.mail_from, to, text});
}

}  // namespace sluice::notify
