#include "delta/log_replay.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "delta/actions_json.h"
#include "delta/log_path.h"

namespace sluice::delta {
namespace {

std::unexpected<Error> Corrupt(Version version, std::string_view what) {
  return Fail(Code::kCorrupt,
              fmt::format("The table's log is broken at version {}: {}.", version, what));
}

// The actions of one commit, gathered before they count: removes are applied before adds, whatever
// order they stand in.
struct CommitActions {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<FileKey> removes;
  FileChanges adds;
  std::optional<int64_t> in_commit_timestamp;
};

Status Take(Version version, Action action, CommitActions& commit) {
  if (auto* add = std::get_if<AddFile>(&action)) {
    const auto [at, added] =
        commit.adds.emplace(KeyOf(add->path, add->deletion_vector), EncodeFile(*add));
    if (!added) return Corrupt(version, "the same file is added twice");
  } else if (auto* remove = std::get_if<RemoveFile>(&action)) {
    commit.removes.push_back(KeyOf(remove->path, remove->deletion_vector));
  } else if (auto* protocol = std::get_if<Protocol>(&action)) {
    if (commit.protocol) return Corrupt(version, "it has two protocol actions");
    commit.protocol = std::move(*protocol);
  } else if (auto* metadata = std::get_if<Metadata>(&action)) {
    if (commit.metadata) return Corrupt(version, "it has two metaData actions");
    commit.metadata = std::move(*metadata);
  } else if (const auto* info = std::get_if<CommitInfo>(&action)) {
    commit.in_commit_timestamp = info->in_commit_timestamp;
  }
  return {};
}

Result<CommitActions> ParseCommit(Version version, std::string_view text) {
  ActionParser parser;
  CommitActions commit;
  size_t lines = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    ++lines;
    Result<Action> action = parser.Parse(line);
    if (!action) {
      Error error = std::move(action).error();
      return std::unexpected(std::move(error).Context(fmt::format("commit {}", version)));
    }
    TRY(Take(version, *std::move(action), commit));
  }
  if (lines == 0) return Corrupt(version, "the commit is empty");
  return commit;
}

}  // namespace

Status ReplayCommit(const storage::ObjectStore& store, Version version, ByteCount limit,
                    Replay& replay) {
  const std::string text =
      TRY_CONTEXT(fmt::format("reading commit {}", version), store.Read(CommitKey(version), limit));
  CommitActions commit = TRY(ParseCommit(version, text));
  if (commit.protocol) {
    TRY(CheckReadable(*commit.protocol));
    replay.protocol = std::move(commit.protocol);
  }
  if (commit.metadata) replay.metadata = std::move(commit.metadata);
  for (FileKey& key : commit.removes)
    replay.changes.insert_or_assign(std::move(key), std::string());
  for (auto& [key, record] : commit.adds) {
    replay.changes.insert_or_assign(key, std::move(record));
  }
  replay.in_commit_timestamp = commit.in_commit_timestamp;
  replay.version = version;
  return {};
}

Result<std::shared_ptr<const FileBlocks>> LoadCheckpoint(const storage::ObjectStore& store,
                                                         const CheckpointReader& reader,
                                                         const LogSegment& segment,
                                                         Replay& replay) {
  FileBlocksBuilder builder;
  if (!segment.checkpoint) return builder.Finish();
  CheckpointHeader header =
      TRY_CONTEXT(fmt::format("reading the checkpoint of version {}", segment.checkpoint->version),
                  reader.Read(store, segment.checkpoint->keys,
                              [&](AddFile&& add) { return builder.Add(add); }));
  if (!header.protocol)
    return Corrupt(segment.checkpoint->version, "the checkpoint has no protocol");
  if (!header.metadata)
    return Corrupt(segment.checkpoint->version, "the checkpoint has no metaData");
  TRY(CheckReadable(*header.protocol));
  replay.protocol = std::move(header.protocol);
  replay.metadata = std::move(header.metadata);
  replay.version = segment.checkpoint->version;
  return builder.Finish();
}

}  // namespace sluice::delta
