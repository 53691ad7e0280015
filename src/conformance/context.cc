#include "conformance/context.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/markup.h"

namespace sluice::conformance {
namespace {

// How Error::reason says that a check ended on purpose.
constexpr std::string_view kSkipped = "CHECK_SKIPPED";
constexpr std::string_view kStopped = "CHECK_STOPPED";
constexpr size_t kMaxFailures = 10;  // of one check; more would say the same again

std::string Came(const Answer& answer) {
  const std::string body = Excerpt(answer.body);
  return fmt::format("status {}, {}", answer.status,
                     body.empty() ? "no body" : fmt::format("body {}", body));
}

}  // namespace

Context::Context(Server& server, TableName table) : server_(server), table_(std::move(table)) {}

Result<Answer> Context::Count(Result<Answer> answer, const Call& call) {
  ++outcome_.requests;
  unanswered_.reset();
  if (!answer.has_value()) unanswered_ = call;
  return answer;
}

Result<Answer> Context::Send(const Call& call) { return Count(server_.Send(call), call); }

Result<Answer> Context::SendAs(client::SharingClient& other, const Call& call) {
  return Count(other.Send(call), call);
}

Result<Answer> Context::Get(std::string target, HeaderList headers) {
  return Send({.target = std::move(target), .headers = std::move(headers)});
}

Result<Answer> Context::Post(std::string target, std::string body, HeaderList headers) {
  const bool typed = std::ranges::any_of(
      headers, [](const auto& header) { return EqualsIgnoreCase(header.first, "Content-Type"); });
  if (!typed) headers.emplace_back("Content-Type", "application/json; charset=utf-8");
  return Send({.method = "POST",
               .target = std::move(target),
               .headers = std::move(headers),
               .body = std::move(body)});
}

Result<Answer> Context::Fetch(const std::string& url, HeaderList headers) {
  return Send({.target = url, .headers = std::move(headers), .auth = Auth::kNone});
}

std::string Context::Redacted(std::string text) const {
  text = ValidUtf8(text);
  const std::string& token = server_.client().token();
  if (token.empty()) return text;
  for (size_t at = text.find(token); at != std::string::npos; at = text.find(token, at)) {
    text.replace(at, token.size(), "$TOKEN");
  }
  return text;
}

void Context::Fail(const Answer* answer, std::string expected, std::string came) {
  if (outcome_.failures.size() >= kMaxFailures) return;
  outcome_.failures.push_back(
      {.expected = Redacted(std::move(expected)),
       .came = Redacted(std::move(came)),
       .request = answer == nullptr ? "" : Redacted(CurlCommand(answer->call, answer->url))});
}

bool Context::Expect(bool holds, const Answer& answer, std::string expected, std::string came) {
  ++outcome_.expectations;
  if (!holds) Fail(&answer, std::move(expected), came.empty() ? Came(answer) : std::move(came));
  return holds;
}

bool Context::Expect(bool holds, std::string expected, std::string came) {
  ++outcome_.expectations;
  if (!holds) Fail(nullptr, std::move(expected), std::move(came));
  return holds;
}

bool Context::ExpectStatus(const Answer& answer, std::initializer_list<int> any_of) {
  return Expect(std::ranges::find(any_of, answer.status) != any_of.end(), answer,
                fmt::format("status {}", fmt::join(any_of, " or ")));
}

bool Context::ExpectError(const Answer& answer, std::initializer_list<int> any_of) {
  if (!ExpectStatus(answer, any_of)) return false;
  const auto body = json::Parse(answer.body);
  const json::Object* object = body.has_value() ? body->if_object() : nullptr;
  const bool shaped = object != nullptr && TextMember(*object, "errorCode").has_value() &&
                      TextMember(*object, "message").has_value();
  return Expect(shaped, answer, R"(a body {"errorCode": text, "message": text})") &&
         ExpectHeader(answer, "Content-Type", "application/json", [](std::string_view type) {
           return AsciiLower(type).starts_with("application/json");
         });
}

bool Context::ExpectHeader(const Answer& answer, std::string_view name, std::string expected,
                           const std::function<bool(std::string_view)>& test) {
  const auto value = answer.headers.Find(name);
  return Expect(value.has_value() && test(*value), answer,
                fmt::format("a header {}: {}", name, expected),
                value.has_value() ? fmt::format("{}: {}", name, Excerpt(*value))
                                  : fmt::format("no such header (status {})", answer.status));
}

Status Context::Require(bool holds, const Answer& answer, std::string expected, std::string came) {
  if (Expect(holds, answer, std::move(expected), std::move(came))) return {};
  return sluice::Fail(Code::kInvalidArgument, "stopped", {}, kStopped);
}

Status Context::RequireStatus(const Answer& answer, int status) {
  return Require(answer.status == status, answer, fmt::format("status {}", status));
}

Result<json::Object> Context::RequireObject(const Answer& answer) {
  TRY(RequireStatus(answer, 200));
  auto body = json::Parse(answer.body, {.size = MiB(64), .depth = 100});
  TRY(Require(body.has_value() && body->is_object(), answer, "a JSON object as body"));
  return std::move(body->get_object());
}

Result<TableAnswer> Context::RequireTable(const Answer& answer) {
  TRY(RequireStatus(answer, 200));
  auto table = ReadTableAnswer(answer.body);
  if (table.has_value()) return table;
  TRY(Require(false, answer, "lines of JSON as the protocol has them", table.error().message));
  return table;
}

Result<Context::Page> Context::RequirePage(const Answer& answer) {
  const json::Object body = TRY(RequireObject(answer));
  Page page{.items = {}, .next = TextMember(body, "nextPageToken").value_or("")};
  const json::Value* items = body.if_contains("items");
  if (items == nullptr) return page;
  TRY(Require(items->is_array(), answer, "'items' to be an array, or missing"));
  for (const json::Value& item : items->get_array()) {
    TRY(Require(item.is_object(), answer, "'items' to hold objects"));
    page.items.push_back(item.get_object());
  }
  return page;
}

std::unexpected<Error> Context::Skip(std::string reason) {
  return sluice::Fail(Code::kUnsupported, std::move(reason), {}, kSkipped);
}

void Context::Note(std::string text) { outcome_.notes.push_back(Redacted(std::move(text))); }

Result<TableName> Context::MadeTable(std::string_view table) {
  auto found = server_.MadeTable(table);
  if (!found.has_value()) return Skip(found.error().message);
  return found;
}

Outcome Context::Finish(const Status& status) {
  const bool skipped = !status.has_value() && status.error().reason == kSkipped;
  const bool broken = !status.has_value() && !skipped && status.error().reason != kStopped;
  if (broken) {
    const Error& error = status.error();
    outcome_.failures.push_back(
        {.expected = "an answer",
         .came =
             Redacted(error.detail.empty() ? error.message
                                           : fmt::format("{} ({})", error.message, error.detail)),
         .request = {}});
    if (unanswered_.has_value()) {
      const bool below = unanswered_->target.starts_with('/');
      outcome_.failures.back().request = Redacted(CurlCommand(
          *unanswered_, (below ? server_.client().endpoint() : "") + unanswered_->target));
    }
  } else if (!skipped && outcome_.expectations == 0) {
    outcome_.failures.push_back({.expected = "the check to look at something",
                                 .came = "it did not: a fault of this suite"});
  }
  if (!outcome_.failures.empty()) {
    outcome_.verdict = Verdict::kFail;
  } else if (skipped) {
    outcome_.verdict = Verdict::kSkip;
    outcome_.skip_reason = Redacted(status.error().message);
  }
  return std::move(outcome_);
}

}  // namespace sluice::conformance
