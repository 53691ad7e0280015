// sharing/page_token.h -- the tokens by which a client goes on: list pages, query pages, refresh,
// queries that are answered later.
//
// A token is AES-256-GCM over its content, bound to what it was made for (operation, principal,
// table): it can neither be read, nor changed, nor used elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/crypto/crypto.h"
#include "base/crypto/random.h"
#include "base/result.h"
#include "delta/actions.h"
#include "delta/snapshot.h"

namespace sluice::sharing {

// Where a query goes on.
struct QueryPage {
  delta::Version version = 0;
  delta::FileKey after;
  int64_t rows_before = 0;  // covered by the pages before, for limitHint
  std::string request;      // hash of what was asked: it must not change between pages
  std::string table;        // hash of Delta's table id: another table may take this one's place
};

// Where a range of changes goes on.
struct ChangesPage {
  delta::Version first = 0;
  delta::Version last = 0;
  delta::Version version = 0;  // of the next file
  uint64_t index = 0;          // of the next file among those of its version
  std::string request;         // as in QueryPage
  std::string table;           // as in QueryPage, at the first version
};

// A query that is answered later, as its queryId holds it: enough to answer it at any time, after a
// restart and on another replica too.
struct AsyncQuery {
  delta::Version version = 0;
  std::string file_ids;  // the header fileidhash that came with it; empty: none
  std::string place;     // hash of the table's location: its id may come to mean another one
  std::string key;       // hash of the client's idempotencyKey
  std::string request;   // hash of all that was asked under this key
  std::string asked;     // the members of the request's body that decide the answer
};

// Which tokens are meant for each other: the operation, who asks, and of what.
struct TokenScope {
  // "ListShares", "QueryTable", "QueryTableChanges", "GetQueryInfo", "refresh", "queryId"
  std::string_view operation;
  std::string_view principal;
  std::string_view object;    // share, schema or table id
  std::string_view filter{};  // of a table that is not shared as a whole: its hash
};

// Thread-safe.
class TokenSealer {
 public:
  // `random` and `clock` must outlive this object.
  TokenSealer(std::string_view master_key, Random& random, const Clock& clock);

  // `content` readable again until `lifetime` from now, by Open with the same scope.
  std::string Seal(const TokenScope& scope, std::string_view content, Millis lifetime) const;
  // Errors: kInvalidArgument  not a token of ours for this scope, or expired
  Result<std::string> Open(const TokenScope& scope, std::string_view token) const;

 private:
  std::string key_;
  Random& random_;
  const Clock& clock_;
};

// What tokens are bound to in place of `text`: 16 bytes.
std::string TokenHash(std::string_view text);

std::string PackQueryPage(const QueryPage& page);
Result<QueryPage> UnpackQueryPage(std::string_view content);
std::string PackChangesPage(const ChangesPage& page);
Result<ChangesPage> UnpackChangesPage(std::string_view content);
std::string PackAsyncQuery(const AsyncQuery& query);
Result<AsyncQuery> UnpackAsyncQuery(std::string_view content);

}  // namespace sluice::sharing
