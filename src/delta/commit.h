// delta/commit.h -- writing one commit to a Delta log: the minimal writer of `sluice demo`.
//
// Source: Delta PROTOCOL.md, "Delta Log Entries", "Requirements for Writers". Writer version 2, no
// table features.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delta/actions.h"
#include "storage/object_store.h"

namespace sluice::delta {

struct Commit {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<RemoveFile> removes;
  std::vector<AddFile> adds;
  std::string operation = "WRITE";  // commitInfo.operation
  TimePoint time{};
};

// The commit's JSON lines.
std::string RenderCommit(const Commit& commit);

// Writes version `version`, whole or not at all. Errors: kAlreadyExists  somebody wrote that
// version
Status WriteCommit(const storage::ObjectStore& store, Version version, const Commit& commit);

}  // namespace sluice::delta
