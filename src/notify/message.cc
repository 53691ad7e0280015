#include "notify/message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/markup.h"
#include "base/timestamp.h"
#include "notify/report_result.h"

namespace sluice::notify {
namespace {

// Of a report with the longest names.
constexpr ByteCount kMostBody = MiB(8);

std::string Base64(std::string_view bytes) {
  std::string text = Base64Url(bytes);
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

// Lines of 76 characters (RFC 2045 §6.8).
std::string Base64Lines(std::string_view bytes) {
  const std::string text = Base64(bytes);
  std::string lines;
  for (size_t at = 0; at < text.size(); at += 76) {
    lines += text.substr(at, 76);
    lines += "\r\n";
  }
  return lines;
}

// RFC 2047: words of at most 75 characters, whole characters of UTF-8 in each.
std::string HeaderText(std::string_view text) {
  constexpr size_t kMost = 42;  // bytes: 56 characters of base64 and 12 around them
  std::string words;
  while (!text.empty()) {
    size_t end = std::min(kMost, text.size());
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
      --end;
    }
    if (end == 0) end = std::min(kMost, text.size());
    if (!words.empty()) words += "\r\n ";
    words += "=?utf-8?B?" + Base64(text.substr(0, end)) + "?=";
    text.remove_prefix(end);
  }
  return words;
}

void Add(json::Object& data, std::string_view name, const std::string& text) {
  if (!text.empty()) data[name] = text;
}

std::string TextOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

bool IsReport(const json::Object& data) { return data.contains("rows"); }

std::string PlainText(const json::Object& data) {
  std::string text = TextOf(data, "title") + "\n\n" + TextOf(data, "text") + "\n";
  for (const std::string_view name : {"recipient", "share", "table"}) {
    const std::string value = TextOf(data, name);
    if (!value.empty()) text += fmt::format("\n{}: {}", name, value);
  }
  if (IsReport(data)) text += ResultText(data);
  const std::string link = TextOf(data, "link");
  if (!link.empty()) text += "\n" + link;
  return text + "\n";
}

std::string HtmlText(const json::Object& data) {
  std::string html = fmt::format(
      "<!doctype html><html><body style=\"font-family:sans-serif\"><h2>{}</h2><p>{}</p>",
      Escaped(TextOf(data, "title")), Escaped(TextOf(data, "text")));
  for (const std::string_view name : {"recipient", "share", "table"}) {
    const std::string value = TextOf(data, name);
    if (!value.empty()) html += fmt::format("<p>{}: <b>{}</b></p>", name, Escaped(value));
  }
  if (IsReport(data)) html += ResultHtml(data);
  const std::string link = TextOf(data, "link");
  if (!link.empty()) html += fmt::format("<p><a href=\"{0}\">{0}</a></p>", Escaped(link));
  return html + "</body></html>\n";
}

std::string Part(std::string_view boundary, std::string_view type, std::string_view text) {
  return fmt::format(
      "--{}\r\nContent-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
      boundary, type, Base64Lines(text));
}

std::string MailDate(TimePoint time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000",
                     std::chrono::time_point_cast<std::chrono::seconds>(time));
}

std::string BodyOf(const Fact& fact, json::Object data, TimePoint now) {
  json::Object body{{"type", KindName(fact.kind)}, {"timestamp", FormatTimestamp(now)}};
  body["data"] = std::move(data);
  return json::Serialize(body);
}

// Plain text and HTML, as alternatives.
std::string Alternatives(const std::string& boundary, const json::Object& data) {
  return fmt::format("Content-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n", boundary) +
         Part(boundary, "text/plain", PlainText(data)) +
         Part(boundary, "text/html", HtmlText(data)) + fmt::format("--{}--\r\n", boundary);
}

// The same, and behind it a file with the rows of a report.
std::string WithFile(const std::string& boundary, const json::Object& data) {
  return fmt::format("Content-Type: multipart/mixed; boundary=\"{0}\"\r\n\r\n--{0}\r\n", boundary) +
         Alternatives(boundary + "-text", data) +
         fmt::format(
             "\r\n--{0}\r\nContent-Type: text/csv; charset=utf-8\r\n"
             "Content-Disposition: attachment; filename=\"{1}\"\r\n"
             "Content-Transfer-Encoding: base64\r\n\r\n{2}\r\n--{0}--\r\n",
             boundary, ResultFileName(data), Base64Lines(ResultCsv(data)));
}

}  // namespace

std::string MessageBody(const Fact& fact, TimePoint now) {
  json::Object data{{"title", fact.title}, {"text", fact.text}};
  Add(data, "recipient", fact.recipient);
  Add(data, "share", fact.share);
  Add(data, "table", fact.table);
  Add(data, "request_id", fact.request_id);
  return BodyOf(fact, std::move(data), now);
}

std::string ReportBody(const Fact& fact, json::Object result, TimePoint now) {
  result["title"] = fact.title;
  result["text"] = fact.text;
  return BodyOf(fact, std::move(result), now);
}

std::string WebhookSignature(std::string_view key, std::string_view id, int64_t seconds,
                             std::string_view body) {
  crypto::Hmac hmac(key);
  return "v1," + Base64(crypto::View(hmac.Sign(fmt::format("{}.{}.{}", id, seconds, body))));
}

std::string ShownKey(std::string_view key) { return "whsec_" + Base64(key); }

Result<std::string> MailText(const Mail& mail, std::string_view body) {
  const auto value = json::Parse(body, {.size = kMostBody});
  const json::Value* data =
      value && value->is_object() ? value->as_object().if_contains("data") : nullptr;
  if (data == nullptr || !data->is_object()) {
    return Fail(Code::kCorrupt, "the database holds a row that cannot be read", "a message");
  }
  std::string to;
  for (const std::string& address : mail.to) {
    if (!to.empty()) to += ",\r\n ";
    to += '<' + address + '>';
  }
  const std::string boundary = "=_" + mail.id;
  const std::string domain = mail.from.substr(mail.from.find('@') + 1);
  const json::Object& of = data->as_object();
  return fmt::format(
             "From: <{}>\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{}>\r\n"
             "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
             mail.from, to, HeaderText(TextOf(of, "title")), MailDate(mail.time), mail.id, domain) +
         (IsReport(of) ? WithFile(boundary, of) : Alternatives(boundary, of));
}

}  // namespace sluice::notify
