// delta/commit.h -- writing one commit to a Delta log: the minimal writer of `sluice demo`, of the
// conformance suite's tables and of the audit log's export.
//
// Source: Delta PROTOCOL.md, "Delta Log Entries", "Requirements for Writers", "Transaction
// Identifiers". What a table's
// features ask of a commit is the caller's to keep.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delta/actions.h"
#include "storage/object_store.h"

namespace sluice::delta {

// "Transaction Identifiers": how far a program has come that writes each of its steps once.
struct Transaction {
  std::string app_id;
  int64_t version = 0;
};

struct Commit {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<RemoveFile> removes;
  std::vector<AddFile> adds;
  std::vector<CdcFile> cdc;
  std::string operation = "WRITE";  // commitInfo.operation
  TimePoint time{};
  std::optional<Transaction> transaction{};
  std::string user_metadata{};  // commitInfo.userMetadata; empty: none
};

// The commit's JSON lines.
std::string RenderCommit(const Commit& commit);

// Writes version `version`, whole or not at all. Errors: kAlreadyExists  somebody wrote that
// version
Status WriteCommit(const storage::ObjectStore& store, Version version, const Commit& commit);

}  // namespace sluice::delta
