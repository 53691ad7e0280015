// conformance/sections.h -- the headings of the Delta Sharing protocol that checks refer to.
#pragma once

#include "conformance/check.h"

namespace sluice::conformance {

inline constexpr Section kRestApis{"REST APIs", "rest-apis"};
inline constexpr Section kListShares{"List Shares", "list-shares"};
inline constexpr Section kGetShare{"Get Share", "get-share"};
inline constexpr Section kListSchemas{"List Schemas in a Share", "list-schemas-in-a-share"};
inline constexpr Section kListTables{"List Tables in a Schema", "list-tables-in-a-schema"};
inline constexpr Section kListAllTables{"List all Tables in a Share", "list-all-tables-in-a-share"};
inline constexpr Section kTableVersion{"Query Table Version", "query-table-version"};
inline constexpr Section kTableMetadata{"Query Table Metadata", "query-table-metadata"};
inline constexpr Section kReadData{"Read Data from a Table", "read-data-from-a-table"};
inline constexpr Section kRequestBody{"Request Body", "request-body"};
inline constexpr Section kReadChanges{"Read Change Data Feed from a Table",
                                      "read-change-data-feed-from-a-table"};
inline constexpr Section kGetQueryInfo{"Get Query Info", "get-query-info"};
inline constexpr Section kTimestampFormat{"Timestamp Format", "timestamp-format"};
inline constexpr Section kTemporaryCredential{"Generate Temporary Table Credential",
                                              "generate-temporary-table-credential"};
inline constexpr Section kAccessModes{"Access Modes", "access-modes"};
inline constexpr Section kCapabilities{"Delta Sharing Capabilities Header",
                                       "delta-sharing-capabilities-header"};
inline constexpr Section kResponseFormat{"responseFormat", "responseformat"};
inline constexpr Section kReaderFeatures{"readerFeatures", "readerfeatures"};
inline constexpr Section kIncludeEndStream{"includeEndStreamAction", "includeendstreamaction"};
inline constexpr Section kAsyncQuery{"asyncQuery", "asyncquery"};
inline constexpr Section kFileIdHash{"File ID Hash Header", "file-id-hash-header"};
inline constexpr Section kEndStreamAction{"EndStreamAction", "endstreamaction"};
inline constexpr Section kParquetFormat{"API Response Actions in Parquet Format",
                                        "api-response-actions-in-parquet-format"};
inline constexpr Section kMetadataParquet{"Metadata", "metadata"};
inline constexpr Section kFileParquet{"File", "file"};
inline constexpr Section kDataChangeFiles{"Data Change Files", "data-change-files"};
inline constexpr Section kSchemaObject{"Schema Object", "schema-object"};
inline constexpr Section kPartitionValues{"Partition Value Serialization",
                                          "partition-value-serialization"};
inline constexpr Section kStatistics{"Per-file Statistics", "per-file-statistics"};
inline constexpr Section kDeltaFormat{"API Response Actions in Delta Format",
                                      "api-response-actions-in-delta-format"};
inline constexpr Section kProtocolDelta{"Protocol in Delta Format", "protocol-in-delta-format"};
inline constexpr Section kMetadataDelta{"Metadata in Delta Format", "metadata-in-delta-format"};
inline constexpr Section kFileDelta{"File in Delta Format", "file-in-delta-format"};
inline constexpr Section kSqlPredicates{"SQL Expressions for Filtering",
                                        "sql-expressions-for-filtering"};
inline constexpr Section kJsonPredicates{"JSON predicates for Filtering",
                                         "json-predicates-for-filtering"};
inline constexpr Section kStreaming{"Delta Sharing Streaming Specs",
                                    "delta-sharing-streaming-specs"};
inline constexpr Section kNames{"Names", "names"};

}  // namespace sluice::conformance
