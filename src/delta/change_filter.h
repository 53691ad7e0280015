// delta/change_filter.h -- which changes of a range of versions lie in some partitions.
//
// Each file is judged by the metadata it was written under: what a commit adds by that of its own
// version, what it removes by that of the version before.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "base/result.h"
#include "delta/change_feed.h"
#include "delta/partition_filter.h"
#include "delta/version_head.h"

namespace sluice::delta {

class ChangeFilter {
 public:
  // `first` is the range's first version, `before` is asked for the one before it.
  ChangeFilter(PartitionTerms terms, VersionHeadPtr first, SnapshotAt before);

  // The commits of the range, in order, each once: learns its metadata, and takes out of it the
  // files of other partitions.
  // Errors: kCorrupt      the terms do not fit a version, or one of its files
  //         kUnsupported  the version before the range cannot be read, and is needed
  //         and what `before` says of the store
  Status Enter(CommitChanges& changes);
  // The same for a commit that was entered before.
  Status Apply(CommitChanges& changes) const;

 private:
  using FilterPtr = std::shared_ptr<const PartitionFilter>;

  Status LearnFormer(Version version);
  const FilterPtr& At(Version version) const;

  const PartitionTerms terms_;
  const VersionHeadPtr first_;
  const SnapshotAt before_;
  Protocol protocol_;
  Metadata metadata_;
  std::map<Version, FilterPtr> filters_;  // from the version on where the metadata came
};

}  // namespace sluice::delta
