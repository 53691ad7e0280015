#include "delta/commit_summary.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "storage/read_ahead.h"

namespace sluice::delta {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kLongestText = 4096;
constexpr size_t kMostEntries = 100;
// What is read of a commit that is not counted: where commitInfo stands, as a rule.
constexpr uint64_t kBeginOfCommit = 65'536;

std::unexpected<Error> Broken(Version version, std::string detail) {
  return Fail(Code::kCorrupt, fmt::format("the commit of version {} is broken", version),
              std::move(detail));
}

// At most kLongestText bytes, and no half of a character.
std::string Cut(std::string_view text) {
  if (text.size() <= kLongestText) return std::string(text);
  size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string TextOf(dom::element value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return Cut(text);
  return value.is_null() ? std::string() : Cut(simdjson::minify(value));
}

std::string TextAt(dom::element object, const char* name) {
  dom::element value;
  return object[name].get(value) == simdjson::SUCCESS ? TextOf(value) : std::string();
}

std::map<std::string, std::string> MapAt(dom::element object, const char* name) {
  std::map<std::string, std::string> map;
  dom::object members;
  if (object[name].get(members) != simdjson::SUCCESS) return map;
  for (const auto member : members) {
    if (map.size() == kMostEntries) break;
    if (!member.value.is_null()) map.emplace(Cut(member.key), TextOf(member.value));
  }
  return map;
}

void TakeInfo(dom::element info, CommitSummary& summary) {
  summary.operation = TextAt(info, "operation");
  summary.user_name = TextAt(info, "userName");
  summary.engine_info = TextAt(info, "engineInfo");
  summary.parameters = MapAt(info, "operationParameters");
  summary.metrics = MapAt(info, "operationMetrics");
  int64_t own_time = 0;
  if (info["inCommitTimestamp"].get(own_time) == simdjson::SUCCESS && own_time >= 0) {
    summary.time = FromUnixMillis(own_time);
  }
}

uint64_t SizeOf(dom::element file) {
  int64_t size = 0;
  return file["size"].get(size) == simdjson::SUCCESS && size > 0 ? static_cast<uint64_t>(size) : 0;
}

void TakeLine(dom::element line, CommitSummary& summary, FileCounts& files) {
  dom::element action;
  const auto has = [&](const char* name) {
    return line[name].get(action) == simdjson::SUCCESS && !action.is_null();
  };
  if (has("add")) {
    ++files.added;
    files.added_bytes += SizeOf(action);
  } else if (has("remove")) {
    ++files.removed;
    files.removed_bytes += SizeOf(action);
  } else if (has("commitInfo")) {
    TakeInfo(action, summary);
  } else if (has("metaData")) {
    summary.has_metadata = true;
  } else if (has("protocol")) {
    summary.has_protocol = true;
  }
}

// The commits of one page, and which of them are read whole.
struct Chosen {
  std::vector<const CommitFile*> commits;
  std::vector<storage::ObjectInfo> whole;
  std::vector<size_t> index_of_whole;
};

Chosen Choose(const LogHistory& history, Version from, size_t most) {
  Chosen chosen;
  uint64_t bytes = 0;
  const Version oldest = history.oldest_change();
  for (const CommitFile& commit : std::views::reverse(history.listing().commits)) {
    if (commit.version > from) continue;
    if (commit.version < oldest || chosen.commits.size() == most) break;
    const bool whole = commit.object.size <= kMaxCountedCommit;
    bytes += whole ? commit.object.size.value : kBeginOfCommit;
    if (bytes > kMaxPageOfCommits.value && !chosen.commits.empty()) break;
    if (whole) {
      chosen.index_of_whole.push_back(chosen.commits.size());
      chosen.whole.push_back(commit.object);
    }
    chosen.commits.push_back(&commit);
  }
  return chosen;
}

}  // namespace

Result<CommitSummary> SummariseCommit(Version version, std::string_view json, bool whole) {
  CommitSummary summary;
  summary.version = version;
  FileCounts files;
  dom::parser parser;
  size_t begin = 0;
  while (begin < json.size()) {
    const size_t end = json.find('\n', begin);
    if (end == std::string_view::npos && !whole) break;  // half of a line
    const std::string_view line = json.substr(begin, end - begin);
    begin = end == std::string_view::npos ? json.size() : end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    dom::element element;
    const simdjson::error_code failure = parser.parse(line.data(), line.size()).get(element);
    if (failure != simdjson::SUCCESS) return Broken(version, simdjson::error_message(failure));
    TakeLine(element, summary, files);
  }
  if (whole) summary.files = files;
  return summary;
}

Result<CommitPage> ReadCommitPage(const storage::ObjectStore& store, const LogHistory& history,
                                  std::optional<Version> from, size_t most) {
  CommitPage page;
  page.earliest = history.oldest_change();
  page.latest = history.newest();
  const Chosen chosen = Choose(history, from.value_or(page.latest), most);
  std::vector<std::optional<CommitSummary>> read(chosen.commits.size());
  const auto take = [&](size_t index, std::string&& bytes) -> Status {
    const size_t at = chosen.index_of_whole[index];
    read[at] = TRY(SummariseCommit(chosen.commits[at]->version, bytes, true));
    return {};
  };
  TRY(storage::ReadInOrder(store, chosen.whole, {kMaxCountedCommit, kMaxPageOfCommits}, take));
  for (size_t i = 0; i < read.size(); ++i) {
    const CommitFile& commit = *chosen.commits[i];
    if (!read[i]) {
      const std::string begin = TRY(store.ReadRange(commit.object.key, {0, kBeginOfCommit}));
      read[i] = TRY(SummariseCommit(commit.version, begin, false));
    }
    if (read[i]->time == TimePoint()) read[i]->time = history.FileTime(commit.version);
    page.commits.push_back(*std::move(read[i]));
  }
  return page;
}

}  // namespace sluice::delta
