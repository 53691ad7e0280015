#include "audit/event_json.h"

#include <utility>

#include "base/json.h"
#include "base/timestamp.h"

namespace sluice::audit {
namespace {

constexpr std::string_view kCut = "...";
constexpr size_t kWhole = SIZE_MAX;

// At most so many bytes with the mark of what was cut, whole characters of UTF-8.
std::string_view Kept(std::string_view text, size_t longest) {
  if (text.size() <= longest) return text;
  size_t end = longest - kCut.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

void AppendText(std::string_view text, std::string& out, size_t longest = kMaxText) {
  const std::string_view kept = Kept(text, longest);
  out += '"';
  json::AppendEscaped(kept, out);
  if (kept.size() < text.size()) out += kCut;
  out += '"';
}

// Empty is "not known", which the columns say as null.
void AppendNullable(std::string_view text, std::string& out) {
  if (text.empty()) {
    out += "null";
  } else {
    AppendText(text, out);
  }
}

void AppendFacts(const Facts& facts, size_t longest, std::string& out) {
  char before = '{';
  for (const auto& [name, value] : facts) {
    out += before;
    AppendText(name, out);
    out += ':';
    AppendText(value, out, longest);
    before = ',';
  }
  if (facts.empty()) out += '{';
  out += '}';
}

void AppendResult(const Facts& result, std::string& out) {
  if (result.empty()) {
    out += "null";
    return;
  }
  thread_local std::string text;
  text.clear();
  AppendFacts(result, kMaxText, text);
  json::AppendQuoted(text, out);
}

void AppendWho(const Event& event, std::string& out) {
  out += R"(,"source_ip_address":)";
  AppendNullable(event.source_ip, out);
  out += R"(,"user_agent":)";
  AppendNullable(event.user_agent, out);
  out += R"(,"session_id":null,"user_identity":{"email":)";
  AppendNullable(event.principal, out);
  out += R"(,"subject_name":)";
  AppendNullable(event.principal_id, out);
  out += '}';
}

void AppendAccess(const Event& event, std::string& out) {
  out += R"(,"share_name":)";
  AppendNullable(event.share, out);
  out += R"(,"recipient_name":)";
  AppendNullable(event.recipient, out);
  out += R"(,"table_name":)";
  AppendNullable(event.table, out);
  out += R"(,"bytes_read":)";
  json::AppendInt(event.bytes_read, out);
  out += R"(,"reason":)";
  AppendNullable(event.reason, out);
}

void AppendResponse(const Event& event, std::string& out) {
  out += R"(,"response":{"status_code":)";
  json::AppendInt(event.status, out);
  out += R"(,"error_message":)";
  AppendNullable(event.error, out);
  out += R"(,"result":)";
  AppendResult(event.result, out);
  out += '}';
}

std::unexpected<Error> NoEvent(std::string_view why) {
  return Fail(Code::kCorrupt, "a line of the audit log is not an event", std::string(why));
}

// Empty: absent or null.
std::string TextOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

int64_t IntOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

Facts FactsOf(const json::Value* value) {
  Facts facts;
  if (value == nullptr || !value->is_object()) return facts;
  for (const auto& [name, fact] : value->get_object()) {
    if (fact.is_string()) facts.emplace_back(name, fact.get_string());
  }
  return facts;
}

void ReadResponse(const json::Object& line, Event& event) {
  const json::Value* response = line.if_contains("response");
  if (response == nullptr || !response->is_object()) return;
  const json::Object& object = response->get_object();
  event.status = static_cast<int>(IntOf(object, "status_code"));
  event.error = TextOf(object, "error_message");
  const auto result = json::Parse(TextOf(object, "result"));
  if (result.has_value()) event.result = FactsOf(&*result);
}

void ReadTexts(const json::Object& line, Event& event) {
  event.id = TextOf(line, "event_id");
  event.service = TextOf(line, "service_name");
  event.request_id = TextOf(line, "request_id");
  event.source_ip = TextOf(line, "source_ip_address");
  event.user_agent = TextOf(line, "user_agent");
  event.reason = TextOf(line, "reason");
  event.share = TextOf(line, "share_name");
  event.recipient = TextOf(line, "recipient_name");
  event.table = TextOf(line, "table_name");
}

}  // namespace

void AppendOpenEvent(const Event& event, const Stamp& stamp, std::string& out) {
  const TimePoint time = event.time == TimePoint{} ? stamp.time : event.time;
  const std::string moment = FormatTimestamp(time);
  out += R"({"account_id":)";
  AppendText(stamp.account_id, out);
  out += R"(,"workspace_id":"0","version":"2.0","event_time":")";
  out += moment;
  out += R"(","event_date":")";
  out += std::string_view(moment).substr(0, moment.find('T'));
  out += '"';
  AppendWho(event, out);
  out += R"(,"service_name":)";
  AppendText(event.service, out);
  out += R"(,"action_name":)";
  AppendText(event.action, out);
  out += R"(,"request_id":)";
  AppendNullable(event.request_id, out);
  AppendAccess(event, out);
  out += R"(,"audit_level":"ACCOUNT_LEVEL","event_id":)";
  AppendText(event.id.empty() ? stamp.event_id : std::string_view(event.id), out);
  out += R"(,"identity_metadata":{"run_by":)";
  AppendNullable(event.principal, out);
  out += '}';
  AppendResponse(event, out);
  out += R"(,"request_params":)";
  AppendFacts(event.params, kWhole, out);
}

std::string EventJson(const Event& event, const Stamp& stamp) {
  std::string out;
  AppendOpenEvent(event, stamp, out);
  out += '}';
  return out;
}

Result<Event> ParseEvent(std::string_view line) {
  const auto value = json::Parse(line);
  if (!value.has_value()) return NoEvent(value.error().message);
  if (!value->is_object()) return NoEvent("no object");
  const json::Object& object = value->get_object();
  Event event;
  const auto time = ParseTimestamp(TextOf(object, "event_time"));
  if (!time.has_value()) return NoEvent("event_time");
  event.time = *time;
  event.action = TextOf(object, "action_name");
  if (event.action.empty()) return NoEvent("action_name");
  ReadTexts(object, event);
  event.bytes_read = IntOf(object, "bytes_read");
  if (const json::Value* who = object.if_contains("user_identity"); who && who->is_object()) {
    event.principal = TextOf(who->get_object(), "email");
    event.principal_id = TextOf(who->get_object(), "subject_name");
  }
  ReadResponse(object, event);
  event.params = FactsOf(object.if_contains("request_params"));
  return event;
}

std::string Shortened(std::string_view text, size_t longest) {
  const std::string_view kept = Kept(text, longest);
  std::string out(kept);
  if (kept.size() < text.size()) out += kCut;
  return out;
}

size_t WrittenSize(const Facts& facts) {
  std::string text;
  AppendFacts(facts, kWhole, text);
  return text.size();
}

std::string MemberText(std::string_view name, std::string_view value) {
  std::string text = ",\"";
  text += name;
  text += "\":";
  AppendText(value, text);
  text += ',';
  return text;
}

}  // namespace sluice::audit
