#include "delta/change_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace sluice::delta {

ChangeFilter::ChangeFilter(PartitionTerms terms, VersionHeadPtr first, SnapshotAt before)
    : terms_(std::move(terms)),
      first_(std::move(first)),
      before_(std::move(before)),
      protocol_(first_->protocol),
      metadata_(first_->metadata) {}

Status ChangeFilter::Enter(CommitChanges& changes) {
  const Version version = changes.version;
  const bool brings = changes.protocol.has_value() || changes.metadata.has_value();
  if (changes.protocol.has_value()) protocol_ = *changes.protocol;
  if (changes.metadata.has_value()) metadata_ = *changes.metadata;
  if (brings || filters_.empty()) {
    filters_[version] = TRY(PartitionFilter::Compile(terms_, protocol_, metadata_));
  }
  const bool removes =
      std::ranges::count(changes.files, FileChangeKind::kRemove, &ChangedFile::kind) > 0;
  if (brings && removes && version == first_->version && version > 0) TRY(LearnFormer(version - 1));
  return Apply(changes);
}

// What the range's first commit removes may be partitioned otherwise than what it adds.
Status ChangeFilter::LearnFormer(Version version) {
  const auto former = before_(version);
  if (!former.has_value()) {
    const Code code = former.error().code;
    if (code == Code::kUnavailable || code == Code::kPermissionDenied) {
      return std::unexpected(former.error());
    }
    return Fail(Code::kUnsupported,
                fmt::format("version {} of the table removes files of the version before, which "
                            "cannot be read: their partitions are not known",
                            version + 1),
                former.error().message);
  }
  filters_[version] =
      TRY(PartitionFilter::Compile(terms_, (*former)->protocol(), (*former)->metadata()));
  return {};
}

const ChangeFilter::FilterPtr& ChangeFilter::At(Version version) const {
  const auto behind = filters_.upper_bound(version);
  return (behind == filters_.begin() ? behind : std::prev(behind))->second;
}

Status ChangeFilter::Apply(CommitChanges& changes) const {
  PartitionSieve own(At(changes.version));
  PartitionSieve former(At(changes.version - 1));
  std::vector<ChangedFile> kept;
  for (ChangedFile& changed : changes.files) {
    PartitionSieve& sieve = changed.kind == FileChangeKind::kRemove ? former : own;
    if (TRY(sieve.Keeps(changed.file.partition_values))) kept.push_back(std::move(changed));
  }
  changes.files = std::move(kept);
  return {};
}

}  // namespace sluice::delta
