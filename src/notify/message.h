// notify/message.h -- a fact as others read it: JSON for webhooks, text and HTML for mail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "notify/fact.h"

namespace sluice::notify {

// {"type":"table_changed","timestamp":"...","data":{...}}, as Standard Webhooks advises.
std::string MessageBody(const Fact& fact, TimePoint now);
// The same with a report's result in its data (report_result.h).
std::string ReportBody(const Fact& fact, json::Object result, TimePoint now);

// webhook-signature: "v1," and the base64 of HMAC-SHA256 over "<id>.<seconds>.<body>".
// Source: Standard Webhooks, "Signature scheme".
std::string WebhookSignature(std::string_view key, std::string_view id, int64_t seconds,
                             std::string_view body);
// The key as users get it: "whsec_" and base64.
std::string ShownKey(std::string_view key);

struct Mail {
  std::string from{};
  std::vector<std::string> to{};
  std::string id{};
  TimePoint time{};
};
// A whole message (RFC 5322, MIME), plain text and HTML, of a body that MessageBody or ReportBody
// made; the latter with a table, and a file with its rows.
// Errors: kCorrupt  the body is none
Result<std::string> MailText(const Mail& mail, std::string_view body);

}  // namespace sluice::notify
