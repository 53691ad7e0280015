// sharing/page_token.h -- the tokens by which a client goes on: list pages, query pages, refresh.
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
};

// Where a range of changes goes on.
struct ChangesPage {
  delta::Version first = 0;
  delta::Version last = 0;
  delta::Version version = 0;  // of the next file
  uint64_t index = 0;          // of the next file among those of its version
  std::string request;         // as in QueryPage
};

// Which tokens are meant for each other: the operation, who asks, and of what.
struct TokenScope {
  std::string_view operation;  // "ListShares", "QueryTable", "QueryTableChanges", "refresh"
  std::string_view principal;
  std::string_view object;  // share, schema or table id
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

std::string PackQueryPage(const QueryPage& page);
Result<QueryPage> UnpackQueryPage(std::string_view content);
std::string PackChangesPage(const ChangesPage& page);
Result<ChangesPage> UnpackChangesPage(std::string_view content);

}  // namespace sluice::sharing
