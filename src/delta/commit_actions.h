// delta/commit_actions.h -- one commit file, read whole and checked: what contradicts itself is no
// commit.
//
// Source: Delta PROTOCOL.md, "Delta Log Entries", "Actions", "Action Reconciliation".
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/actions.h"
#include "delta/stored_file.h"

namespace sluice::delta {

struct CommitActions {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  CommitInfo info;
  std::set<std::string> domains;  // of the domainMetadata actions; no reader needs what they say
  std::vector<StoredFile> adds;
  std::vector<StoredFile> removes;
  std::vector<StoredFile> cdc;
};

// The bytes of the JSON file of `version`, or of commits that were compacted.
//
// Errors: kCorrupt  broken JSON, a wrong type, two protocol or metaData actions, or two of one
//                   domain, two adds of one path, an add and a remove of the same file, nothing at
//                   all; the message names the version
Result<CommitActions> ReadCommitActions(Version version, std::string bytes);

}  // namespace sluice::delta
