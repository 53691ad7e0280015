// delta/testing/partitioned.h -- tables by partitions, and filters of them, as tests write them.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "delta/actions.h"
#include "delta/partition_filter.h"

namespace sluice::delta::testing {

struct PartitionColumn {
  std::string name;
  std::string type;
  std::string physical = {};  // empty: columns are not mapped
};

// All columns are those of partitions, besides one that is not: "id".
inline Metadata PartitionedBy(const std::vector<PartitionColumn>& columns) {
  Metadata metadata;
  metadata.id = "t";
  std::string fields = R"({"name":"id","type":"long","nullable":true,"metadata":{}})";
  for (const PartitionColumn& column : columns) {
    const bool mapped = !column.physical.empty();
    if (mapped) metadata.configuration["delta.columnMapping.mode"] = "name";
    fields += fmt::format(
        R"(,{{"name":"{}","type":"{}","nullable":true,"metadata":{{{}}}}})", column.name,
        column.type,
        mapped
            ? fmt::format(R"("delta.columnMapping.id":9,"delta.columnMapping.physicalName":"{}")",
                          column.physical)
            : "");
    metadata.partition_columns.push_back(column.name);
  }
  metadata.schema_string = R"({"type":"struct","fields":[)" + fields + "]}";
  return metadata;
}

inline Protocol MappedProtocol() {
  Protocol protocol;
  protocol.min_reader_version = 2;
  protocol.min_writer_version = 5;
  return protocol;
}

// The line of a commit.
inline std::string MetadataLineOf(const Metadata& metadata) {
  std::string line = R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},)"
                     R"("schemaString":)";
  json::AppendQuoted(metadata.schema_string, line);
  std::string separator = R"(,"partitionColumns":[)";
  for (const std::string& column : metadata.partition_columns) {
    line += std::exchange(separator, ",");
    json::AppendQuoted(column, line);
  }
  line += R"(],"configuration":{"delta.enableChangeDataFeed":"true"}}})";
  return line;
}

inline PartitionTerm Term(std::string column, PartitionOp op,
                          std::vector<std::string> values = {}) {
  return {std::move(column), op, std::move(values)};
}
inline PartitionTerm OneOf(std::string column, std::vector<std::string> values) {
  return Term(std::move(column), PartitionOp::kIn, std::move(values));
}
inline PartitionTerms Only(std::string column, std::string value) {
  const std::string id = column + "=" + value;
  return {{{OneOf(std::move(column), {std::move(value)})}}, id};
}

}  // namespace sluice::delta::testing
