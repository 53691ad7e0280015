// delta/actions.h -- the actions of the Delta log that a reader needs, as plain structs.
//
// Fields and meaning: Delta PROTOCOL.md, "Actions". Actions and fields that no reader needs (txn,
// domainMetadata of others ...) are passed over while parsing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::delta {

using Version = int64_t;

struct Protocol {
  int min_reader_version = 1;
  int min_writer_version = 2;
  // Present exactly when the version is 3 (reader) or 7 (writer).
  std::optional<std::vector<std::string>> reader_features;
  std::optional<std::vector<std::string>> writer_features;
};

struct Metadata {
  std::string id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::string format_provider = "parquet";
  std::map<std::string, std::string> format_options;
  std::string schema_string;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  std::optional<int64_t> created_time;
};

// "Deletion Vector Descriptor Schema".
struct DeletionVector {
  char storage_type = 'u';  // 'u' uuid-relative, 'i' inline, 'p' absolute path
  std::string path_or_inline;
  std::optional<int32_t> offset;
  int32_t size_in_bytes = 0;
  int64_t cardinality = 0;

  // The unique id: storage type, path or inline data, and "@offset" where there is one.
  std::string UniqueId() const;
};

// Name and value; no value is SQL NULL (an empty string in the log means null too).
using PartitionValues = std::vector<std::pair<std::string, std::optional<std::string>>>;

// "Add File". `path` as it stands in the log: a relative, percent-encoded URI or an absolute one.
struct AddFile {
  std::string path;
  PartitionValues partition_values;
  int64_t size = 0;
  int64_t modification_time = 0;  // ms
  bool data_change = true;
  std::optional<std::string> stats;  // JSON text, untouched
  std::optional<DeletionVector> deletion_vector;
  std::optional<int64_t> base_row_id;
  std::optional<int64_t> default_row_commit_version;
  std::optional<std::string> clustering_provider;
};

// "Remove File". A writer may leave out partition values and size.
struct RemoveFile {
  std::string path;
  std::optional<DeletionVector> deletion_vector = {};
  std::optional<PartitionValues> partition_values = {};
  std::optional<int64_t> size = {};
  int64_t deletion_timestamp = 0;  // ms
  bool data_change = true;
  std::optional<int64_t> base_row_id = {};
  std::optional<int64_t> default_row_commit_version = {};
};

// "Add CDC File": rows that a commit changed, with the kind of the change in a column.
struct CdcFile {
  std::string path;
  PartitionValues partition_values;
  int64_t size = 0;
};

// "Commit Provenance Information", of which a reader needs this.
struct CommitInfo {
  std::optional<int64_t> in_commit_timestamp;  // ms
  bool changes_no_row = false;  // a MERGE that says it inserted, updated and deleted nothing
};

// "Domain Metadata". What a domain holds is nobody's who reads rows: it is not kept.
struct DomainMetadata {
  std::string domain;
};

}  // namespace sluice::delta
