#include "delta/commit_actions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "delta/action_lines.h"

namespace sluice::delta {
namespace {

std::unexpected<Error> Broken(Version version, std::string_view why, std::string detail = {}) {
  return Fail(Code::kCorrupt,
              fmt::format("the table's log is broken at version {}: {}", version, why),
              std::move(detail));
}

struct Take {
  Version version;
  CommitActions& commit;

  Status operator()(std::monostate) const { return {}; }
  Status operator()(Protocol&& protocol) const {
    if (commit.protocol.has_value()) return Broken(version, "two protocol actions");
    commit.protocol = std::move(protocol);
    return {};
  }
  Status operator()(Metadata&& metadata) const {
    if (commit.metadata.has_value()) return Broken(version, "two metaData actions");
    commit.metadata = std::move(metadata);
    return {};
  }
  Status operator()(CommitInfo&& info) const {
    if (info.in_commit_timestamp.has_value()) {
      commit.info.in_commit_timestamp = info.in_commit_timestamp;
    }
    commit.info.changes_no_row = commit.info.changes_no_row || info.changes_no_row;
    return {};
  }
  Status operator()(Sidecar&&) const { return CheckpointsOnly("sidecar"); }
  Status operator()(CheckpointMetadata&&) const { return CheckpointsOnly("checkpointMetadata"); }
  Status operator()(DomainMetadata&& domain) const {
    if (commit.domains.insert(std::move(domain.domain)).second) return {};
    return Broken(version, "two domainMetadata actions of one domain");
  }
  Status operator()(AddFile&& add) const { return Store(std::move(add), commit.adds); }
  Status operator()(RemoveFile&& remove) const { return Store(std::move(remove), commit.removes); }
  Status operator()(CdcFile&& cdc) const { return Store(std::move(cdc), commit.cdc); }

 private:
  Status CheckpointsOnly(std::string_view name) const {
    return Broken(version, fmt::format("a {} action outside of a checkpoint", name));
  }
  template <class FileAction>
  Status Store(FileAction&& action, std::vector<StoredFile>& files) const {
    Result<StoredFile> file = StoreFile(std::forward<FileAction>(action));
    if (!file.has_value()) {
      return Broken(version, "a file with a broken path", std::move(file).error().detail);
    }
    files.push_back(*std::move(file));
    return {};
  }
};

Result<CommitActions> ReadLines(Version version, std::string&& bytes) {
  CommitActions commit;
  ActionLines lines(std::move(bytes));
  for (size_t actions = 0;; ++actions) {
    Result<std::optional<Action>> action = lines.Next();
    if (!action.has_value()) {
      return Broken(version, action.error().message, action.error().detail);
    }
    if (!action->has_value()) {
      if (actions == 0) return Broken(version, "it is empty");
      return commit;
    }
    TRY(std::visit(Take{version, commit}, **std::move(action)));
  }
}

// "at most one file action of the same type for any path"; what an add and a remove of the same
// file in one commit mean depends on an order that a commit does not have.
Status CheckFiles(Version version, const CommitActions& commit) {
  std::set<std::string_view> paths;
  std::set<KeyView> added;
  for (const StoredFile& add : commit.adds) {
    if (!paths.insert(add.key_path).second) {
      return Broken(version, "a file that is added twice", add.key_path);
    }
    added.insert(add.key());
  }
  for (const StoredFile& remove : commit.removes) {
    if (added.contains(remove.key())) {
      return Broken(version, "a file that is both added and removed", remove.key_path);
    }
  }
  return {};
}

}  // namespace

Result<CommitActions> ReadCommitActions(Version version, std::string bytes) {
  CommitActions commit = TRY(ReadLines(version, std::move(bytes)));
  TRY(CheckFiles(version, commit));
  return commit;
}

}  // namespace sluice::delta
