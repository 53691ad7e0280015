// delta/data_skipping.h -- which files may have a row that a predicate is true for, judged by
// partition values and statistics alone.
//
// A hint from outside may cost nobody a row: whatever is odd (a column nobody knows, a type that
// does not fit, statistics that are missing, cut off or broken) means that any row may match.
// Source: Delta PROTOCOL.md, "Per-file Statistics", "Partition Value Serialization".
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "delta/actions.h"
#include "delta/predicate.h"
#include "delta/snapshot.h"

namespace sluice::delta {

// For how many of a file's rows a predicate is true.
enum class Matches {
  kNone,  // for none, for sure
  kSome,  // nobody knows
  kAll,   // for each, for sure
};

// A predicate bound to the columns of one version. It remembers what it has found out: one thread
// at a time.
//
// A predicate may have tens of thousands of comparisons, and a table a million files. Leaving out
// files is to save work: when as many steps as a second or two allows were made, all files that are
// left may match. Each part of the predicate that is looked at is a step, and so is each column of
// a file that is read for it.
class DataSkipping {
 public:
  static constexpr int64_t kMostSteps = 50'000'000;

  DataSkipping(const Predicate& predicate, const Protocol& protocol, const Metadata& metadata,
               int64_t most_steps = kMostSteps);
  ~DataSkipping();
  DataSkipping(const DataSkipping&) = delete;
  DataSkipping& operator=(const DataSkipping&) = delete;

  // Whether it can ever leave out a file of this table.
  bool can_skip() const;
  // By the partition values alone, a JSON object as FileEntry::partition_values: of all files that
  // have them.
  Matches OfPartition(std::string_view partition_values);
  // By partition values and statistics.
  Matches OfFile(const FileEntry& file);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::delta
