#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

#include "base/encoding.h"
#include "conformance/context.h"

namespace sluice::conformance {
namespace {

using std::chrono::steady_clock;

constexpr size_t kMaxPages = 200;
constexpr size_t kMaxTried = 20;  // tables that are looked at for one that can be read
constexpr int kMaxBusy = 4;       // times that one request is made again after 429

// How long a server that is busy wants to be left alone, within reason.
Millis PauseOf(const Answer& answer) {
  const std::string_view text = answer.Header("Retry-After");
  int seconds = 1;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::clamp(seconds, 0, 10));
}

}  // namespace

std::string TableName::Path(std::string_view rest) const {
  return fmt::format("/shares/{}/schemas/{}/tables/{}{}", PercentEncode(share),
                     PercentEncode(schema), PercentEncode(table), rest);
}

std::string TableName::Full() const { return fmt::format("{}.{}.{}", share, schema, table); }

Server::Server(client::SharingClient client, Limits limits, std::string made)
    : client_(std::move(client)),
      limits_(limits),
      made_share_(std::move(made)),
      made_schema_("default"),
      deadline_(steady_clock::now() + limits.all) {
  const size_t dot = made_share_.rfind('.');  // a share's name may have dots, a schema's may not
  if (dot == std::string::npos) return;
  made_schema_ = made_share_.substr(dot + 1);
  made_share_.resize(dot);
}

bool Server::exhausted() const {
  return requests_ >= limits_.max_requests || steady_clock::now() >= deadline_;
}

Result<Answer> Server::Send(const Call& call) {
  for (int busy = 0;; ++busy) {
    if (exhausted()) {
      return Fail(Code::kResourceExhausted, "the time or the requests of this run are used up");
    }
    ++requests_;
    const auto left = std::chrono::ceil<Millis>(deadline_ - steady_clock::now());
    Answer answer = TRY(client_.Send(call, std::max(left, Millis(1))));
    if (answer.status != 429 || busy == kMaxBusy) return answer;
    std::this_thread::sleep_for(PauseOf(answer));
  }
}

Result<std::vector<json::Object>> Server::AllItems(const std::string& path) {
  std::vector<json::Object> items;
  std::string token;
  for (size_t page = 0; page < kMaxPages; ++page) {
    const std::string query = token.empty() ? "" : "?pageToken=" + PercentEncode(token);
    const Answer answer = TRY(Send({.target = path + query}));
    const auto body = json::Parse(answer.body, {.size = MiB(64), .depth = 100});
    const json::Object* object = body.has_value() ? body->if_object() : nullptr;
    if (answer.status != 200 || object == nullptr) {
      return Fail(Code::kUnavailable,
                  fmt::format("GET {} gives status {} and {}", path, answer.status,
                              object == nullptr ? "no JSON object" : "an error"));
    }
    if (const json::Array* list = ArrayMember(*object, "items")) {
      for (const json::Value& item : *list) {
        if (const json::Object* fields = item.if_object()) items.push_back(*fields);
      }
    }
    token = TextMember(*object, "nextPageToken").value_or("");
    if (token.empty()) return items;
  }
  return Fail(Code::kUnavailable, fmt::format("GET {} has no end of pages", path));
}

Result<std::vector<std::string>> Server::Shares() {
  if (!shares_.has_value()) {
    const auto items = TRY(AllItems("/shares"));
    shares_.emplace();
    for (const json::Object& item : items) {
      shares_->push_back(TextMember(item, "name").value_or(""));
    }
  }
  return *shares_;
}

Result<std::vector<TableName>> Server::Tables(const std::string& share) {
  const auto known =
      std::ranges::find(tables_, share, [](const auto& entry) { return entry.first; });
  if (known != tables_.end()) return known->second;
  const auto items = TRY(AllItems(fmt::format("/shares/{}/all-tables", PercentEncode(share))));
  std::vector<TableName> tables;
  tables.reserve(items.size());
  for (const json::Object& item : items) {
    tables.push_back({.share = TextMember(item, "share").value_or(share),
                      .schema = TextMember(item, "schema").value_or(""),
                      .table = TextMember(item, "name").value_or("")});
  }
  tables_.emplace_back(share, tables);
  return tables;
}

// Tables of make-tables come first: what they hold is known to be harmless.
std::vector<TableName> Server::Candidates() {
  std::vector<TableName> found;
  const auto shares = Shares();
  if (!shares.has_value()) return found;
  std::vector<std::string> order = *shares;
  std::ranges::stable_partition(
      order, [&](const std::string& share) { return EqualsIgnoreCase(share, made_share_); });
  for (const std::string& share : order) {
    if (found.size() >= kMaxTried) break;
    const auto tables = Tables(share);
    if (tables.has_value()) found.insert(found.end(), tables->begin(), tables->end());
  }
  if (found.size() > kMaxTried) found.resize(kMaxTried);
  return found;
}

// Best a table that has files: else checks of files have nothing to look at.
Result<TableName> Server::AnyTable() {
  if (any_table_.has_value()) return *any_table_;
  any_table_ = Fail(Code::kNotFound, "the server shares no table that can be read with this token");
  for (const TableName& table : Candidates()) {
    const auto metadata = Send({.target = table.Path("/metadata")});
    if (!metadata.has_value() || metadata->status != 200) continue;
    if (!any_table_->has_value()) any_table_ = table;
    const auto query = Send({.method = "POST",
                             .target = table.Path("/query"),
                             .headers = {{"Content-Type", "application/json; charset=utf-8"}},
                             .body = R"({"limitHint": 1})"});
    if (!query.has_value() || query->status != 200) continue;
    const auto told = ReadTableAnswer(query->body);
    if (!told.has_value() || told->files.empty()) continue;
    any_table_ = table;
    break;
  }
  return *any_table_;
}

Result<TableName> Server::MadeTable(std::string_view table) {
  const auto tables = Tables(made_share_);
  if (tables.has_value()) {
    for (const TableName& name : *tables) {
      if (EqualsIgnoreCase(name.schema, made_schema_) && EqualsIgnoreCase(name.table, table)) {
        return name;
      }
    }
  }
  return Fail(Code::kNotFound,
              fmt::format("needs the table {}.{}.{} of `sluice conformance make-tables`",
                          made_share_, made_schema_, table));
}

}  // namespace sluice::conformance
