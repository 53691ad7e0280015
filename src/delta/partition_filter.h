// delta/partition_filter.h -- which files of a table lie in the partitions that a share hands out.
//
// The opposite of data_skipping.h: there a doubt keeps the file, here it fails the request. What a
// filter says is exact, since partition values are the same for all rows of a file; what it cannot
// say for sure (no such partition column, a value that is not of its type, a file that does not
// tell its own) nobody reads. docs/decisions/0016 has what each operation means for each type.
//
// Source: Delta PROTOCOL.md, "Partition Value Serialization", "Column Mapping".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/actions.h"

namespace sluice::delta {

enum class PartitionOp {
  kIsNull,  // no value
  kIn,      // at least one: equals one of them
  kLike,    // one; as the others
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
};

struct PartitionTerm {
  std::string column;  // as clients know it: without regard to case unless the exact name is there
  PartitionOp op = PartitionOp::kIn;
  std::vector<std::string> values;
};

// Tuples, of which one has to hold, of terms, which all have to hold: at least one of each.
struct PartitionTerms {
  std::vector<std::vector<PartitionTerm>> tuples;
  std::string id;  // the same for the same terms
};

// The terms, bound to the columns of one version. Immutable.
class PartitionFilter {
 public:
  // Errors: kCorrupt  the terms do not fit the table
  static Result<std::shared_ptr<const PartitionFilter>> Compile(const PartitionTerms& terms,
                                                                const Protocol& protocol,
                                                                const Metadata& metadata);
  ~PartitionFilter();
  PartitionFilter(const PartitionFilter&) = delete;
  PartitionFilter& operator=(const PartitionFilter&) = delete;

  const std::string& id() const { return id_; }

 private:
  friend class PartitionSieve;
  struct Compiled;
  PartitionFilter(std::unique_ptr<const Compiled> compiled, std::string id);

  std::unique_ptr<const Compiled> compiled_;
  std::string id_;
};

// Judges files by a filter, and remembers what partition values came to. One thread at a time.
class PartitionSieve {
 public:
  explicit PartitionSieve(std::shared_ptr<const PartitionFilter> filter);
  ~PartitionSieve();
  PartitionSieve(PartitionSieve&&) noexcept;

  // Whether the files with these partition values, a JSON object as FileEntry::partition_values,
  // are handed out. Errors: kCorrupt  they lack a column of the filter, or tell nothing of its type
  Result<bool> Keeps(std::string_view partition_values);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::delta
