// delta/log_replay.h -- what commits change: protocol, metadata and files, the newest action first.
//
// Source: Delta PROTOCOL.md, "Action Reconciliation", "Add File and Remove File".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/actions.h"
#include "delta/live_files.h"
#include "delta/log_listing.h"
#include "storage/object_store.h"

namespace sluice::delta {

// Collects commits, oldest first. Of several actions for one file the last one counts.
class LogReplay {
 public:
  struct Commit;

  // Takes in one commit: the bytes of its JSON file.
  //
  // Errors: kCorrupt  broken JSON, a wrong type, two protocol or metaData actions, or two of one
  //                   domain, two adds of one path, an add and a remove of the same file, nothing
  //                   at all; the message names the version
  Status Add(Version version, std::string bytes);

  const std::optional<Protocol>& protocol() const { return protocol_; }
  const std::optional<Metadata>& metadata() const { return metadata_; }
  // Of the commit that came last.
  std::optional<int64_t> in_commit_timestamp() const { return in_commit_timestamp_; }

  size_t pending() const { return changes_.size(); }
  // Hands over what is collected, in order of the files, and forgets it; protocol and metadata
  // stay.
  std::vector<FileChange> TakeChanges();

 private:
  struct ByKey {
    bool operator()(const FileChange& a, const FileChange& b) const;
  };
  void Put(StoredFile&& file);

  std::optional<Protocol> protocol_;
  std::optional<Metadata> metadata_;
  std::optional<int64_t> in_commit_timestamp_;
  std::set<FileChange, ByKey> changes_;
};

// Gets the commits one after the other, oldest first.
using CommitSink = std::function<Status(Version version, std::string&& bytes)>;

// Reads commits, several at a time where the store is far, and calls `sink` in their order, on the
// calling thread. Errors: those of ObjectStore::ReadListed and of the sink; a commit above `limit`
// is kUnsupported
Status ReadCommits(const storage::ObjectStore& store, std::span<const CommitFile> commits,
                   ByteCount limit, const CommitSink& sink);

// The inCommitTimestamp of a commit (ms), if it has one. Errors: as ReadCommits and LogReplay::Add
Result<std::optional<int64_t>> InCommitTimestamp(const storage::ObjectStore& store,
                                                 const CommitFile& commit, ByteCount limit);

}  // namespace sluice::delta
