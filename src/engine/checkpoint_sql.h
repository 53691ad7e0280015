// engine/checkpoint_sql.h -- the statements that read a checkpoint, made for the columns it has.
//
// Writers differ: columns are missing (no deletion vectors, no statistics, no add at all), others
// are there that nobody reads, and the parts of one checkpoint need not agree. So each file is
// asked for its schema, and what it lacks becomes a typed NULL. The columns of a statement stand in
// the order of the enums below.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/column_type.h"

namespace sluice::engine {

enum class AddColumn {
  kPath,              // VARCHAR
  kPartitionValues,   // MAP(VARCHAR, VARCHAR)
  kSize,              // BIGINT
  kModificationTime,  // BIGINT
  kDataChange,        // BOOLEAN
  kStats,             // VARCHAR
  kDvStorageType,     // VARCHAR
  kDvPath,            // VARCHAR
  kDvOffset,          // INTEGER
  kDvSize,            // INTEGER
  kDvCardinality,     // BIGINT
  kBaseRowId,         // BIGINT
  kRowCommitVersion,  // BIGINT
  kClustering,        // VARCHAR
};

enum class HeaderColumn {
  kMinReader,          // INTEGER
  kMinWriter,          // INTEGER
  kReaderFeatures,     // VARCHAR[]
  kWriterFeatures,     // VARCHAR[]
  kId,                 // VARCHAR
  kName,               // VARCHAR
  kDescription,        // VARCHAR
  kProvider,           // VARCHAR
  kOptions,            // MAP(VARCHAR, VARCHAR)
  kSchema,             // VARCHAR
  kPartitionColumns,   // VARCHAR[]
  kConfiguration,      // MAP(VARCHAR, VARCHAR)
  kCreatedTime,        // BIGINT
  kCheckpointVersion,  // BIGINT
  kSidecarPath,        // VARCHAR
  kSidecarSize,        // BIGINT
  kSidecarTime,        // BIGINT
};

// A file of the checkpoint: its SqlFile literal, and its columns as a STRUCT.
struct CheckpointFile {
  std::string literal;
  ColumnType columns;
};

// No rows; the result's columns are those of the file.
std::string SchemaStatement(const std::string& literal);

// One row for each protocol, metaData, checkpointMetadata and sidecar action. Empty: no file has a
// column of those.
// Errors of both: kCorrupt  a needed column is missing, or one has a type it cannot have
Result<std::string> HeaderStatement(const std::vector<CheckpointFile>& files);

// One row for each add action, those included that have no path but other fields of one; in any
// order. Empty: no file has a column of adds.
Result<std::string> AddStatement(const std::vector<CheckpointFile>& files);

}  // namespace sluice::engine
