// Tables that a client can only read if it knows a feature of Delta's.
#include <fmt/format.h>

#include "conformance/made_tables.h"

namespace sluice::conformance {
namespace {

using Features = std::vector<std::string>;

MadeTable DeletionVectors() {
  MadeTable table;
  table.name = "deletion_vectors";
  table.about = "Rows that deletion vectors take out of two files.";
  table.columns = {Primitive("id", "long"), Primitive("name", "string")};
  table.protocol = {3, 7, Features{"deletionVectors"}, Features{"deletionVectors"}};
  table.configuration = {{"delta.enableDeletionVectors", "true"}};
  const MadeFile a{.name = "a.parquet", .rows = "SELECT i, 'row ' || i FROM range(1, 51) r(i)"};
  const MadeFile b{.name = "b.parquet", .rows = "SELECT i, 'row ' || i FROM range(51, 101) r(i)"};
  const MadeFile c{.name = "c.parquet", .rows = "SELECT i, 'row ' || i FROM range(101, 106) r(i)"};
  MadeFile less_a = a;
  less_a.deleted = {0, 1, 10, 49};
  MadeFile less_b = b;
  less_b.deleted = {5};
  table.commits = {{.operation = "WRITE", .adds = {a, b, c}},
                   {.operation = "DELETE", .adds = {less_a}, .removes = {a.name}},
                   {.operation = "DELETE", .adds = {less_b}, .removes = {b.name}}};
  return table;
}

std::string Mapped(int id, std::string_view name) {
  return fmt::format(R"({{"delta.columnMapping.id":{},"delta.columnMapping.physicalName":"{}"}})",
                     id, name);
}

// Every name in the files is another one than in the schema, inside the struct too; names have
// spaces, which they may with this feature only.
MadeTable ColumnMapping() {
  MadeTable table;
  table.name = "column_mapping";
  table.about = "Column mapping by name: a nested struct, a partition, names with spaces.";
  table.columns = {
      {.name = "id",
       .type = "long",
       .sql_type = "BIGINT",
       .stored_name = "col-1",
       .metadata = Mapped(1, "col-1")},
      {.name = "full name",
       .type = "string",
       .sql_type = "VARCHAR",
       .stored_name = "col-2",
       .metadata = Mapped(2, "col-2")},
      {.name = "address",
       .type = R"({"type":"struct","fields":[{"name":"street","type":"string","nullable":true,)"
               R"("metadata":)" +
               Mapped(4, "col-4") +
               R"(},{"name":"zip code","type":"string","nullable":true,"metadata":)" +
               Mapped(5, "col-5") + "}]}",
       .sql_type = R"(STRUCT(street VARCHAR, "zip code" VARCHAR))",
       .stored_name = "col-3",
       .stored_sql = R"(CASE WHEN address IS NOT NULL THEN {'col-4': address.street, )"
                     R"('col-5': address."zip code"} END)",
       .read_sql = R"(CASE WHEN "col-3" IS NOT NULL THEN {'street': "col-3"."col-4", )"
                   R"('zip code': "col-3"."col-5"} END)",
       .metadata = Mapped(3, "col-3")},
      {.name = "kind",
       .type = "string",
       .sql_type = "VARCHAR",
       .stored_name = "col-6",
       .metadata = Mapped(6, "col-6")}};
  table.partition_columns = {"kind"};
  table.protocol.min_reader_version = 2;
  table.protocol.min_writer_version = 5;
  table.configuration = {{"delta.columnMapping.mode", "name"},
                         {"delta.columnMapping.maxColumnId", "6"}};
  table.field_ids =
      R"(FIELD_IDS {"col-1": 1, "col-2": 2, "col-3": {__duckdb_field_id: 3, "col-4": 4, "col-5": 5}})";
  MadeCommit commit{.operation = "WRITE"};
  commit.adds.push_back({.name = "person.parquet",
                         .rows = "SELECT * FROM (VALUES (1, 'Ada L.', {'street': 'Main St 1', "
                                 "'zip code': '01234'}), (2, NULL, NULL), (3, 'Bob', {'street': "
                                 "NULL, 'zip code': 'x'}))",
                         .partition_values = {{"col-6", "person"}}});
  commit.adds.push_back({.name = "firm.parquet",
                         .rows = "SELECT 4, 'Firm', {'street': 'Dock 5', 'zip code': '99'}",
                         .partition_values = {{"col-6", "firm"}}});
  table.commits = {commit};
  return table;
}

MadeTable TimestampNtz() {
  MadeTable table;
  table.name = "timestamp_ntz";
  table.about = "Times without a time zone.";
  table.columns = {Primitive("id", "long"), Primitive("local", "timestamp_ntz")};
  table.protocol = {3, 7, Features{"timestampNtz"}, Features{"timestampNtz"}};
  MadeCommit commit{.operation = "WRITE"};
  commit.adds.push_back({.name = "part-0.parquet",
                         .rows =
                             "SELECT * FROM (VALUES (1, '2024-03-31 02:30:00'), (2, '1999-12-31 "
                             "23:59:59.999999'), (3, NULL))"});
  table.commits = {commit};
  return table;
}

}  // namespace

std::vector<MadeTable> MadeFeatureTables() {
  return {DeletionVectors(), ColumnMapping(), TimestampNtz()};
}

}  // namespace sluice::conformance
