// delta/testing/random_files.h -- files of all shapes for tests of what packs and walks them.
#pragma once

#include <fmt/format.h>

#include <map>
#include <random>
#include <string>

#include "delta/stored_file.h"

namespace sluice::delta::testing {

// The files of a model, in the order of their keys.
using Model = std::map<FileKey, StoredFile>;

inline FileKey KeyOf(const StoredFile& file) { return {file.key_path, file.dv_id}; }

// A file with the given path; which fields it has is left to chance.
inline StoredFile RandomFile(const std::string& path, std::mt19937_64& random) {
  const auto below = [&](uint64_t n) { return random() % n; };
  AddFile add;
  add.path = path;
  if (below(2) == 0) add.partition_values = {{"p", fmt::format("value {}", below(5))}};
  add.size = static_cast<int64_t>(below(1'000'000'000));
  add.modification_time = static_cast<int64_t>(below(2'000'000'000)) - 1'000'000'000;
  if (below(4) != 0) {
    add.stats = fmt::format(R"({{"numRecords":{},"minValues":{{"a":"{}"}}}})", below(1000),
                            std::string(below(40), 'x'));
  }
  if (below(4) == 0) {
    DeletionVector vector{'i', fmt::format("v{}", below(3)), std::nullopt, 4, 2};
    if (below(2) == 0) vector.offset = static_cast<int32_t>(below(100));
    add.deletion_vector = vector;
  }
  if (below(5) == 0) add.base_row_id = static_cast<int64_t>(random());
  if (below(5) == 0) add.default_row_commit_version = static_cast<int64_t>(below(100));
  if (below(5) == 0) add.clustering_provider = "liquid";
  return StoreFile(std::move(add)).value();
}

// Everything that is told about a file, as one text.
inline std::string Describe(const FileRow& row) {
  const FileEntry& e = row.entry;
  const auto number = [](const std::optional<int64_t>& n) {
    return n ? fmt::format("{}", *n) : "-";
  };
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", row.key.path, row.key.dv_id, e.path,
                     e.partition_values, e.size, e.modification_time, e.stats.value_or("-"),
                     number(e.num_records), number(e.base_row_id),
                     number(e.default_row_commit_version), e.clustering_provider,
                     e.deletion_vector == nullptr ? -1 : e.deletion_vector->cardinality);
}

}  // namespace sluice::delta::testing
