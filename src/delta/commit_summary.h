// delta/commit_summary.h -- what a commit tells of itself, for people: who did what, and how much.
//
// What writers put into commitInfo is theirs: nothing of it has to be there or of a type, and no
// reader of rows relies on it. Source: Delta PROTOCOL.md, "Commit Provenance Information".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "delta/actions.h"
#include "delta/log_history.h"
#include "storage/object_store.h"

namespace sluice::delta {

struct FileCounts {
  uint64_t added = 0;
  uint64_t removed = 0;
  uint64_t added_bytes = 0;
  uint64_t removed_bytes = 0;  // of those that tell their size
};

struct CommitSummary {
  Version version = 0;
  TimePoint time{};
  // Empty: not told. Texts are cut where they are very long.
  std::string operation;
  std::string user_name;
  std::string engine_info;
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> metrics;
  bool has_metadata = false;
  bool has_protocol = false;
  std::optional<FileCounts> files;  // nothing: the commit is too large to be counted
};

// Of the JSON of a commit, or of its begin: then without files, and without what comes later.
// Errors: kCorrupt  broken JSON
Result<CommitSummary> SummariseCommit(Version version, std::string_view json, bool whole);

// Some commits, the newest first.
struct CommitPage {
  Version earliest = 0;  // the oldest version whose commit is there, and so are all that follow
  Version latest = 0;
  std::vector<CommitSummary> commits;
};

// Of what is read for one page, and of one commit: larger ones are read at their begin alone.
inline constexpr ByteCount kMaxPageOfCommits = MiB(32);
inline constexpr ByteCount kMaxCountedCommit = MiB(8);

// At most `most` commits from `from` down; fewer where they are large, but one at least if there is
// one. Errors: those of ObjectStore::ReadListed and SummariseCommit
Result<CommitPage> ReadCommitPage(const storage::ObjectStore& store, const LogHistory& history,
                                  std::optional<Version> from, size_t most);

}  // namespace sluice::delta
