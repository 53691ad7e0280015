#include "delta/log_replay.h"

#include <fmt/format.h>

#include <cstring>
#include <set>

#include "delta/actions_json.h"
#include "delta/log_path.h"
#include "storage/read_ahead.h"

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

}  // namespace

// The actions of one commit, before they count.
struct LogReplay::Commit {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::optional<int64_t> in_commit_timestamp;
  std::set<std::string> domains;
  std::vector<StoredFile> adds;
  std::vector<StoredFile> removes;
};

namespace {

struct Take {
  Version version;
  LogReplay::Commit& commit;

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
    if (info.in_commit_timestamp.has_value()) commit.in_commit_timestamp = info.in_commit_timestamp;
    return {};
  }
  Status operator()(DomainMetadata&& domain) const {
    if (commit.domains.insert(std::move(domain.domain)).second) return {};
    return Broken(version, "two domainMetadata actions of one domain");
  }
  Status operator()(AddFile&& add) const {
    Result<StoredFile> file = StoreFile(std::move(add));
    if (!file.has_value()) {
      return Broken(version, "a file with a broken path", std::move(file).error().detail);
    }
    commit.adds.push_back(*std::move(file));
    return {};
  }
  Status operator()(RemoveFile&& remove) const {
    commit.removes.push_back(StoreRemoval(remove));
    return {};
  }
};

Status ReadLines(Version version, std::string& bytes, LogReplay::Commit& commit) {
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
Status CheckFiles(Version version, const LogReplay::Commit& commit) {
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
  Commit commit;
  TRY(ReadLines(version, bytes, commit));
  TRY(CheckFiles(version, commit));
  if (commit.protocol.has_value()) protocol_ = std::move(commit.protocol);
  if (commit.metadata.has_value()) metadata_ = std::move(commit.metadata);
  in_commit_timestamp_ = commit.in_commit_timestamp;
  for (StoredFile& remove : commit.removes) Put(std::move(remove));
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
