#include "delta/change_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "delta/change_filter.h"
#include "delta/commit_actions.h"
#include "delta/deletion_vector.h"
#include "delta/log_path.h"
#include "delta/log_replay.h"
#include "delta/schema_change.h"
#include "delta/snapshot_loading.h"

namespace sluice::delta {
namespace {

// Commits of so many bytes in all are kept between the survey and the walk: a client that reads
// slowly holds them.
constexpr ByteCount kKept = KiB(512);
// So many commits are asked for at a time.
constexpr size_t kManyCommits = 1024;

// Not a fault that passes, nor one of the store: the version is not there to be read.
bool IsUnreadable(const Error& error) {
  return error.code == Code::kInvalidArgument || error.code == Code::kUnsupported ||
         error.code == Code::kCorrupt;
}

std::span<const CommitFile> CommitsOf(const ChangeFeed::Source& source) {
  const std::vector<CommitFile>& all = source.history->listing().commits;
  const auto first = std::ranges::lower_bound(all, source.first->version, {}, &CommitFile::version);
  const auto end = std::ranges::upper_bound(all, source.last, {}, &CommitFile::version);
  return {first, end};
}

void TakeFiles(std::vector<StoredFile>&& files, FileChangeKind kind, CommitChanges& to) {
  for (StoredFile& file : files) {
    if (file.data_change) to.files.push_back({kind, std::move(file)});
  }
}

bool TellsAll(const StoredFile& file) { return file.size >= 0 && !file.partition_values.empty(); }

void Include(const AdvancedFeatures& more, AdvancedFeatures& features) {
  features.deletion_vectors |= more.deletion_vectors;
  features.column_mapping |= more.column_mapping;
  features.timestamp_ntz |= more.timestamp_ntz;
  features.variant |= more.variant;
  features.type_widening |= more.type_widening;
}

// The states that a range goes through, and what follows from them.
class States {
 public:
  States(ChangeSurvey& survey, Changes what, const PathCheck& check)
      : survey_(survey), what_(what), check_(check) {}

  Status Begin(const VersionHead& first) {
    protocol_ = first.protocol;
    survey_.protocol = first.protocol;
    return Enter(first.version, first.metadata);
  }

  // A commit may remove files under the schema that it replaces; `before` gives that of the version
  // before the range.
  Status Take(const CommitChanges& changes, const SnapshotAt& before) {
    survey_.last = changes.version;
    bool removes = false;
    bool others = false;
    for (const ChangedFile& changed : changes.files) {
      (changed.kind == FileChangeKind::kRemove ? removes : others) = true;
      survey_.advanced.deletion_vectors |= changed.file.deletion_vector.has_value();
      if (changed.file.outside) TRY(CheckPaths(changed.file));
    }
    if (removes && changes.metadata.has_value()) TRY(UseFormer(changes.version, before));
    TRY(EnterAll(changes));
    if (others || (removes && !changes.metadata.has_value())) eras_.back().used = true;
    return {};
  }

  // Every schema that files were written under against the last one.
  Status End() {
    survey_.last_metadata = eras_.back().metadata;
    for (const Era& era : eras_) {
      if (!era.used || TRY(ReadsOlderFiles(survey_.last_metadata, era.metadata))) continue;
      survey_.unreadable_schema = era.version;
      break;
    }
    return {};
  }

 private:
  // Versions of one schema.
  struct Era {
    Version version = 0;  // the first
    Metadata metadata;
    bool used = false;  // by files that are answered
  };

  Status CheckPaths(const StoredFile& file) {
    const FileEntry entry = file.Row().entry;
    if (IsOutside(entry.path)) TRY(check_(entry.path));
    if (entry.deletion_vector == nullptr || entry.deletion_vector->storage_type != 'p') return {};
    return check_(TRY(DeletionVectorPath(*entry.deletion_vector)));
  }

  // The schema before the one that the commit of `version` brings. Where nobody knows it any more,
  // it is no obstacle.
  Status UseFormer(Version version, const SnapshotAt& before) {
    if (version > survey_.first->version) {
      eras_.back().used = true;
      return {};
    }
    if (version == 0) return {};
    const auto former = before(version - 1);
    if (former.has_value()) {
      eras_.insert(eras_.begin(), {version - 1, (*former)->metadata(), true});
    }
    return former.has_value() || IsUnreadable(former.error()) ? Status()
                                                              : std::unexpected(former.error());
  }

  Status EnterAll(const CommitChanges& changes) {
    if (changes.protocol.has_value()) {
      TRY(CheckReadable(*changes.protocol));
      protocol_ = *changes.protocol;
      survey_.protocol = Covering(survey_.protocol, protocol_);
    }
    if (changes.metadata.has_value()) return Enter(changes.version, *changes.metadata);
    if (!changes.protocol.has_value()) return {};
    Include(TRY(CheckHead(protocol_, eras_.back().metadata)), survey_.advanced);
    return {};
  }

  Status Enter(Version version, const Metadata& metadata) {
    Include(TRY(CheckHead(protocol_, metadata)), survey_.advanced);
    if (what_ == Changes::kRows && !survey_.not_recorded && !RecordsChanges(metadata)) {
      survey_.not_recorded = version;
    }
    const bool same = !eras_.empty() &&
                      eras_.back().metadata.schema_string == metadata.schema_string &&
                      eras_.back().metadata.partition_columns == metadata.partition_columns;
    if (same) {
      eras_.back().metadata = metadata;
    } else {
      eras_.push_back({version, metadata});
    }
    return {};
  }

  ChangeSurvey& survey_;
  const Changes what_;
  const PathCheck& check_;
  Protocol protocol_;
  std::vector<Era> eras_;
};

}  // namespace

bool RecordsChanges(const Metadata& metadata) {
  const auto property = metadata.configuration.find("delta.enableChangeDataFeed");
  return property != metadata.configuration.end() && EqualsIgnoreCase(property->second, "true");
}

Result<std::unique_ptr<ChangeFeed>> ChangeFeed::Open(Source source, Changes what,
                                                     const PathCheck& check) {
  std::unique_ptr<ChangeFeed> feed(new ChangeFeed(std::move(source), what));
  TRY(feed->Survey(check));
  return feed;
}

ChangeFeed::ChangeFeed(Source source, Changes what)
    : source_(std::move(source)),
      what_(what),
      commits_(CommitsOf(source_)),
      filter_(source_.only.has_value() ? std::make_unique<ChangeFilter>(
                                             *source_.only, source_.first, source_.snapshot_at)
                                       : nullptr) {}
ChangeFeed::~ChangeFeed() = default;

Status ChangeFeed::Survey(const PathCheck& check) {
  survey_.first = source_.first;
  States states(survey_, what_, check);
  TRY(states.Begin(*source_.first));
  uint64_t bytes = 0;
  const auto take = [&](Version version, std::string&& text) -> Status {
    bytes += text.size();
    CommitChanges changes = TRY(Select(version, std::move(text)));
    if (filter_ != nullptr) TRY(filter_->Enter(changes));
    TRY(states.Take(changes, source_.snapshot_at));
    if (bytes <= kKept.value) kept_.push_back(std::move(changes));
    return {};
  };
  for (size_t begin = 0; begin < commits_.size(); begin += kManyCommits) {
    const auto some = commits_.subspan(begin, std::min(kManyCommits, commits_.size() - begin));
    TRY(ReadCommits(*source_.store, some, source_.max_commit, take));
  }
  return states.End();
}

Result<const CommitChanges*> ChangeFeed::Next() {
  if (next_ >= commits_.size()) return nullptr;
  const size_t index = next_++;
  if (index < kept_.size()) return &kept_[index];
  current_ = TRY(ReadAgain(commits_[index]));
  return &current_;
}

void ChangeFeed::SkipTo(Version version) {
  next_ = static_cast<size_t>(version - survey_.first->version);
}

Result<CommitChanges> ChangeFeed::ReadAgain(const CommitFile& commit) const {
  CommitChanges changes;
  TRY(ReadCommits(*source_.store, {&commit, 1}, source_.max_commit,
                  [&](Version version, std::string&& text) -> Status {
                    changes = TRY(Select(version, std::move(text)));
                    return filter_ == nullptr ? Status() : filter_->Apply(changes);
                  }));
  return changes;
}

// What of a commit is answered. Change data files, where a commit has them, say all about its rows;
// else each file that was added or removed by more than a rearrangement counts whole.
Result<CommitChanges> ChangeFeed::Select(Version version, std::string&& bytes) const {
  CommitChanges changes;
  changes.version = version;
  CommitActions actions = TRY(ReadCommitActions(version, std::move(bytes)));
  changes.time = TRY(CommitTime(*source_.latest, version, actions.info.in_commit_timestamp,
                                source_.history->FileTime(version)));
  changes.protocol = std::move(actions.protocol);
  changes.metadata = std::move(actions.metadata);
  if (what_ == Changes::kRows && !actions.cdc.empty()) {
    TakeFiles(std::move(actions.cdc), FileChangeKind::kCdc, changes);
  } else if (what_ == Changes::kFiles || !actions.info.changes_no_row) {
    TakeFiles(std::move(actions.adds), FileChangeKind::kAdd, changes);
    TakeFiles(std::move(actions.removes), FileChangeKind::kRemove, changes);
    TRY(FillIn(changes));
  }
  return changes;
}

Result<LiveFiles> ChangeFeed::FilesBefore(Version version) const {
  if (version == 0) return LiveFiles();
  const std::shared_ptr<const TableSnapshot> snapshot = TRY(source_.snapshot_at(version - 1));
  return snapshot->files();
}

// A removal may leave out what the removed file was: the version before knows. What that does not
// have either was not there, and its removal changed nothing.
Status ChangeFeed::FillIn(CommitChanges& changes) const {
  const auto lacks = [](const ChangedFile& changed) { return !TellsAll(changed.file); };
  if (std::ranges::none_of(changes.files, lacks)) return {};
  const Result<LiveFiles> before = FilesBefore(changes.version);
  if (!before.has_value() && !IsUnreadable(before.error())) {
    return std::unexpected(before.error());
  }
  if (!before.has_value()) {
    return Fail(Code::kUnsupported,
                fmt::format("version {} of the table removes files without telling their partition "
                            "values and sizes, and the version before cannot be read",
                            changes.version),
                before.error().message);
  }
  std::vector<ChangedFile> known;
  for (ChangedFile& changed : changes.files) {
    if (!lacks(changed)) {
      known.push_back(std::move(changed));
      continue;
    }
    const std::optional<FileDetails> details = TRY(before->Find(changed.file.key()));
    if (!details.has_value()) continue;
    changed.file.size = details->size;
    changed.file.partition_values = details->partition_values;
    known.push_back(std::move(changed));
  }
  changes.files = std::move(known);
  return {};
}

}  // namespace sluice::delta
