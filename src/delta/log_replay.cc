#include "delta/log_replay.h"

#include <fmt/format.h>

#include "delta/commit_actions.h"
#include "storage/read_ahead.h"

namespace sluice::delta {

bool LogReplay::ByKey::operator()(const FileChange& a, const FileChange& b) const {
  return a->key() < b->key();
}

void LogReplay::Put(StoredFile&& file) {
  auto change = std::make_shared<const StoredFile>(std::move(file));
  const auto [place, added] = changes_.insert(change);
  if (added) return;
  const auto behind = changes_.erase(place);
  changes_.insert(behind, std::move(change));
}

Status LogReplay::Add(Version version, std::string bytes) {
  CommitActions commit = TRY(ReadCommitActions(version, std::move(bytes)));
  if (commit.protocol.has_value()) protocol_ = std::move(commit.protocol);
  if (commit.metadata.has_value()) metadata_ = std::move(commit.metadata);
  in_commit_timestamp_ = commit.info.in_commit_timestamp;
  for (StoredFile& remove : commit.removes) Put(Tombstone(std::move(remove)));
  for (StoredFile& add : commit.adds) Put(std::move(add));
  return {};
}

std::vector<FileChange> LogReplay::TakeChanges() {
  std::vector<FileChange> changes(changes_.begin(), changes_.end());
  changes_.clear();
  return changes;
}

Status ReadCommits(const storage::ObjectStore& store, std::span<const CommitFile> commits,
                   ByteCount limit, const CommitSink& sink) {
  std::vector<storage::ObjectInfo> objects;
  objects.reserve(commits.size());
  for (const CommitFile& commit : commits) objects.push_back(commit.object);
  size_t done = 0;
  const Status read = storage::ReadInOrder(store, objects, {limit},
                                           [&](size_t index, std::string&& bytes) -> Status {
                                             TRY(sink(commits[index].version, std::move(bytes)));
                                             ++done;
                                             return {};
                                           });
  if (read.has_value() || read.error().code != Code::kResourceExhausted) return read;
  return Fail(Code::kUnsupported,
              fmt::format("version {} of the table is a larger commit than this server reads",
                          commits[done].version),
              read.error().detail);
}

Result<std::optional<int64_t>> InCommitTimestamp(const storage::ObjectStore& store,
                                                 const CommitFile& commit, ByteCount limit) {
  LogReplay replay;
  TRY(ReadCommits(store, {&commit, 1}, limit, [&](Version version, std::string&& bytes) {
    return replay.Add(version, std::move(bytes));
  }));
  return replay.in_commit_timestamp();
}

}  // namespace sluice::delta
