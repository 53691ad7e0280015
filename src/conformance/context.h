// conformance/context.h -- what a check has: the server, what is known of it, and where it
// records what it saw.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "client/sharing_client.h"
#include "conformance/outcome.h"
#include "conformance/table_answer.h"
#include "engine/engine.h"

namespace sluice::conformance {

using client::Answer;
using client::Auth;
using client::Call;
using client::HeaderList;

inline constexpr std::string_view kCapabilitiesHeader = "delta-sharing-capabilities";
inline constexpr std::string_view kVersionHeader = "delta-table-version";

// A table as lists name it.
struct TableName {
  std::string share;
  std::string schema;
  std::string table;
  // "/shares/s/schemas/c/tables/t", encoded, and `rest` ("/query") behind it.
  std::string Path(std::string_view rest = {}) const;
  std::string Full() const;  // "s.c.t"
};

// What all checks of a run share.
struct Limits {
  Millis request{30'000};     // for one request
  Millis all{15 * 60'000};    // for the run
  int max_requests = 5'000;   // of the run: the server is not to be harmed
  bool token_in_url = false;  // whether a check may send the token in a URL, where logs keep it
};

// The server under test as one run sees it: counts requests, waits where it is told to (429), and
// keeps what lists said. Not thread-safe.
class Server {
 public:
  // `made` says where the tables of `sluice conformance make-tables` are shared: "share" (then its
  // schema is "default") or "share.schema".
  Server(client::SharingClient client, Limits limits, std::string made);

  // Errors: as client::SharingClient::Send; kResourceExhausted  time or requests are used up
  Result<Answer> Send(const Call& call);

  // All shares, schemas of a share and tables of a share, over all pages; each asked for once.
  Result<std::vector<std::string>> Shares();
  Result<std::vector<TableName>> Tables(const std::string& share);
  // A table whose metadata can be had: one of make-tables where there is one, else the first.
  // Errors: kNotFound  there is none
  Result<TableName> AnyTable();
  // Errors: kNotFound  it is not shared
  Result<TableName> MadeTable(std::string_view table);

  client::SharingClient& client() { return client_; }
  // For the rows of files. Nothing is opened before it is asked something.
  engine::Engine& engine() { return engine_; }
  int requests() const { return requests_; }
  bool may_send_token_in_url() const { return limits_.token_in_url; }
  bool exhausted() const;

 private:
  Result<std::vector<json::Object>> AllItems(const std::string& path);
  std::vector<TableName> Candidates();

  client::SharingClient client_;
  engine::Engine engine_{{.memory_limit = GiB(1), .threads = 2, .temp_directory = {}}};
  Limits limits_;
  std::string made_share_;
  std::string made_schema_;
  std::chrono::steady_clock::time_point deadline_;
  int requests_ = 0;
  std::optional<std::vector<std::string>> shares_;
  std::vector<std::pair<std::string, std::vector<TableName>>> tables_;
  std::optional<Result<TableName>> any_table_;
};

class Context {
 public:
  Context(Server& server, TableName table);

  // --- Asking. An error says that no answer came: pass it on with TRY, and the check fails.
  Result<Answer> Get(std::string target, HeaderList headers = {});
  // With `Content-Type: application/json; charset=utf-8` unless `headers` has one.
  Result<Answer> Post(std::string target, std::string body, HeaderList headers = {});
  Result<Answer> Send(const Call& call);
  // The bytes of a file URL, without Authorization.
  Result<Answer> Fetch(const std::string& url, HeaderList headers = {});
  // As Send, by another client: a wrong token, say.
  Result<Answer> SendAs(client::SharingClient& other, const Call& call);

  // --- Expecting: records what was expected, and goes on. `came` empty: status and body as they
  // came. True: it holds.
  bool Expect(bool holds, const Answer& answer, std::string expected, std::string came = {});
  // About no single request.
  bool Expect(bool holds, std::string expected, std::string came);
  bool ExpectStatus(const Answer& answer, std::initializer_list<int> any_of);
  // One of these statuses, a JSON content type, and {"errorCode": text, "message": text}.
  bool ExpectError(const Answer& answer, std::initializer_list<int> any_of);
  // The header is there and `test` holds for its value; `expected` says what.
  bool ExpectHeader(const Answer& answer, std::string_view name, std::string expected,
                    const std::function<bool(std::string_view)>& test);

  // --- Requiring: as expecting, but without it the check ends (TRY).
  Status RequireStatus(const Answer& answer, int status);
  Status Require(bool holds, const Answer& answer, std::string expected, std::string came = {});
  // Status 200 and a JSON object.
  Result<json::Object> RequireObject(const Answer& answer);
  // Status 200, and lines as the protocol knows them.
  Result<TableAnswer> RequireTable(const Answer& answer);
  // The items of a list's page and its nextPageToken; both may be missing.
  struct Page {
    std::vector<json::Object> items;
    std::string next;
  };
  Result<Page> RequirePage(const Answer& answer);

  // --- Ending: return context.Skip("the server does not offer X").
  std::unexpected<Error> Skip(std::string reason);
  void Note(std::string text);

  // The table that the check needs; any one for kNeedsTable.
  const TableName& table() const { return table_; }
  // Another table of make-tables. TRY: where it is not shared, the check is skipped.
  Result<TableName> MadeTable(std::string_view table);
  Server& server() { return server_; }

  // The outcome, once the check has returned `status`.
  Outcome Finish(const Status& status);

 private:
  Result<Answer> Count(Result<Answer> answer, const Call& call);
  // Without the token, and valid UTF-8: what came may be anything.
  std::string Redacted(std::string text) const;
  void Fail(const Answer* answer, std::string expected, std::string came);

  Server& server_;
  const TableName table_;
  Outcome outcome_;
  std::optional<Call> unanswered_;  // the last request, while no answer to it came
};

// "curl ..." that asks the same, with $TOKEN for the token and without secrets of URLs.
std::string CurlCommand(const Call& call, std::string_view url);
// The start of a text on one line, secrets in URLs (their queries) left out.
std::string Excerpt(std::string_view text, size_t limit = 300);

}  // namespace sluice::conformance
