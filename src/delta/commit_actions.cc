#include "delta/commit_actions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "delta/actions_json.h"

namespace sluice::delta {
namespace {

std::unexpected<Error> Broken(Version version, std::string_view why, std::string detail = {}) {
  return Fail(Code::kCorrupt,
              fmt::format("the table's log is broken at version {}: {}", version, why),
              std::move(detail));
}

// The next line of `text` from `begin` on, without its end; moves `begin` behind it.
std::string_view NextLine(std::string_view text, size_t& begin) {
  const size_t end = std::min(text.find('\n', begin), text.size());
  std::string_view line = text.substr(begin, end - begin);
  begin = end + 1;
  while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return line;
}

// A line longer than this is no action that anybody writes; parsing it would take ten times as much
// memory.
constexpr size_t kLongestLine = 64 << 20;

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
  Status operator()(AddFile&& add) const { return Store(std::move(add), commit.adds); }
  Status operator()(RemoveFile&& remove) const { return Store(std::move(remove), commit.removes); }
  Status operator()(CdcFile&& cdc) const { return Store(std::move(cdc), commit.cdc); }

 private:
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

Status ReadLines(Version version, std::string& bytes, CommitActions& commit) {
  const size_t size = bytes.size();
  bytes.append(LogLineParser::kPadding, ' ');
  const std::string_view text(bytes.data(), size);
  LogLineParser parser;
  size_t actions = 0;
  for (size_t begin = 0; begin < text.size();) {
    const std::string_view line = NextLine(text, begin);
    if (line.empty()) continue;
    if (line.size() > kLongestLine) return Broken(version, "a line that is too long");
    const auto behind =
        static_cast<size_t>(bytes.data() + bytes.size() - line.data()) - line.size();
    Result<Action> action = parser.Parse(line, behind);
    if (!action.has_value()) {
      return Broken(version, action.error().message, action.error().detail);
    }
    TRY(std::visit(Take{version, commit}, *std::move(action)));
    ++actions;
  }
  if (actions == 0) return Broken(version, "it is empty");
  return {};
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
  CommitActions commit;
  TRY(ReadLines(version, bytes, commit));
  TRY(CheckFiles(version, commit));
  return commit;
}

}  // namespace sluice::delta
