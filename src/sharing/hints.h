// sharing/hints.h -- the predicates that come with a query, made ready to leave out files.
//
// All of them hold together. They are hints: what cannot be read or judged leaves out nothing, and
// is no error. Source: Delta Sharing PROTOCOL.md, "Request Body" of "Read Data from a Table".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "delta/data_skipping.h"
#include "delta/snapshot.h"

namespace sluice::sharing {

// Which of them count, as the operator says.
struct HintOptions {
  bool sql = true;
  bool json_on_partitions = true;  // of JSON what speaks of partition columns alone
  bool json = true;                // of JSON everything
};

// Of predicateHints so many are looked at, the first: one for each part of a WHERE clause would do.
inline constexpr size_t kMostHints = 1000;

struct Hints {
  std::vector<std::optional<std::string>> sql;  // predicateHints; nothing: no text, or too many
  std::string json;                             // jsonPredicateHints; empty: none

  bool any() const { return !sql.empty() || !json.empty(); }
};

// Errors: kInvalidArgument (MALFORMED_REQUEST)  not an array, not a text
Result<Hints> ParseHints(const json::Object& body);

// For one scan of `snapshot`. Null: no file can be left out.
std::shared_ptr<delta::DataSkipping> PlanSkipping(const Hints& hints, const HintOptions& options,
                                                  const delta::Snapshot& snapshot);

}  // namespace sluice::sharing
