// Tables with a past: versions that differ, a change data feed, a log that was cleaned up.
#include <fmt/format.h>

#include "conformance/made_tables.h"

namespace sluice::conformance {
namespace {

// Rows first ... last of the tables here: an id and what it is called.
std::string Ids(int first, int last, std::string_view word = "row") {
  return fmt::format("SELECT i, '{} ' || i FROM range({}, {}) r(i)", word, first, last + 1);
}

MadeTable History() {
  MadeTable table;
  table.name = "history";
  table.about = "Eight versions a day apart: appends, an overwrite, a delete, an update.";
  table.columns = {Primitive("id", "long"), Primitive("name", "string")};
  table.commits = {{.operation = "WRITE", .adds = {{.name = "a.parquet", .rows = Ids(1, 10)}}},
                   {.operation = "WRITE", .adds = {{.name = "b.parquet", .rows = Ids(11, 20)}}},
                   {.operation = "WRITE", .adds = {{.name = "c.parquet", .rows = Ids(21, 30)}}},
                   {.operation = "WRITE",  // overwrites
                    .adds = {{.name = "d.parquet", .rows = Ids(101, 110)}},
                    .removes = {"a.parquet", "b.parquet", "c.parquet"}},
                   {.operation = "DELETE",
                    .adds = {{.name = "d2.parquet", .rows = Ids(101, 105)}},
                    .removes = {"d.parquet"}},
                   {.operation = "WRITE", .adds = {{.name = "e.parquet", .rows = Ids(111, 115)}}},
                   {.operation = "UPDATE",
                    .adds = {{.name = "e2.parquet", .rows = Ids(111, 115, "changed")}},
                    .removes = {"e.parquet"}},
                   {.operation = "WRITE", .adds = {{.name = "f.parquet", .rows = Ids(116, 120)}}}};
  return table;
}

// Versions 2, 3 and 6 have files of changes; 1, 4 and 5 are to be told by the files that they add
// and remove.
MadeTable Changes() {
  MadeTable table;
  table.name = "cdf";
  table.about = "A change data feed: inserts, an update, deletes, and a merge of all three.";
  table.columns = {Primitive("id", "long"), Primitive("name", "string")};
  table.protocol.min_writer_version = 4;
  table.configuration = {{"delta.enableChangeDataFeed", "true"}};
  const std::string updated =
      "SELECT i, CASE WHEN i IN (3, 4) THEN 'new ' ELSE 'row ' END || i "
      "FROM range(1, 11) r(i)";
  const std::string deleted = updated + " WHERE i <> 5";
  table.commits = {
      {.operation = "CREATE TABLE"},
      {.operation = "WRITE", .adds = {{.name = "a.parquet", .rows = Ids(1, 10)}}},
      {.operation = "UPDATE",
       .adds = {{.name = "a2.parquet", .rows = updated}},
       .removes = {"a.parquet"},
       .changes = {{.name = "_change_data/update.parquet",
                    .rows = "SELECT * FROM (VALUES (3, 'row 3', 'update_preimage'), "
                            "(3, 'new 3', 'update_postimage'), (4, 'row 4', 'update_preimage'), "
                            "(4, 'new 4', 'update_postimage'))"}}},
      {.operation = "DELETE",
       .adds = {{.name = "a3.parquet", .rows = deleted}},
       .removes = {"a2.parquet"},
       .changes = {{.name = "_change_data/delete.parquet", .rows = "SELECT 5, 'row 5', 'delete'"}}},
      {.operation = "WRITE", .adds = {{.name = "b.parquet", .rows = Ids(11, 13)}}},
      {.operation = "DELETE", .removes = {"b.parquet"}},
      {.operation = "MERGE",
       .adds = {{.name = "a4.parquet",
                 .rows = "SELECT * FROM (VALUES (2, 'row 2'), (3, 'merged 3'), (20, 'row 20'))"}},
       .removes = {"a3.parquet"},
       .changes = {{.name = "_change_data/merge.parquet",
                    .rows = "SELECT i, CASE WHEN i IN (3, 4) THEN 'new ' ELSE 'row ' END || i, "
                            "'delete' FROM range(1, 11) r(i) WHERE i NOT IN (2, 3, 5) UNION ALL "
                            "SELECT * FROM (VALUES (3, 'new 3', 'update_preimage'), "
                            "(3, 'merged 3', 'update_postimage'), (20, 'row 20', 'insert'))"}}}};
  return table;
}

MadeTable Checkpointed() {
  MadeTable table;
  table.name = "checkpointed";
  table.about = "A checkpoint at version 4, the commits before it deleted, a commit after it.";
  table.columns = {Primitive("id", "long"), Primitive("name", "string")};
  for (int version = 0; version < 6; ++version) {
    MadeCommit commit{.operation = "WRITE"};
    commit.adds.push_back({.name = fmt::format("part-{}.parquet", version),
                           .rows = Ids(10 * version + 1, 10 * version + 10)});
    if (version == 3) commit.removes = {"part-0.parquet"};
    table.commits.push_back(std::move(commit));
  }
  table.checkpoint_version = 4;
  return table;
}

}  // namespace

std::vector<MadeTable> MadeVersionTables() { return {History(), Changes(), Checkpointed()}; }

}  // namespace sluice::conformance
