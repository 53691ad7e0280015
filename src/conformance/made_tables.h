// conformance/made_tables.h -- the tables that `sluice conformance make-tables` writes, as
// descriptions: the suite makes them from these and knows from these what a server has to answer.
//
// Rows are SQL of the engine's, the same in each run; times are fixed. Nothing here is read from
// outside.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "delta/actions.h"

namespace sluice::conformance {

// Where the sample configurations put them.
inline constexpr std::string_view kMadeShare = "conformance";
inline constexpr std::string_view kMadeSchema = "default";

struct MadeColumn {
  std::string name;
  std::string type;      // as a schema has it: a word, or the JSON of a nested type
  std::string sql_type;  // the engine's
  // With column mapping: the name in files; what makes the stored value of one, and back; the
  // field's metadata in the schema.
  std::string stored_name{};
  std::string stored_sql{};
  std::string read_sql{};
  std::string metadata = "{}";

  const std::string& InFiles() const { return stored_name.empty() ? name : stored_name; }
};

struct MadeFile {
  std::string name;  // below the table's folder, nothing escaped
  // A SELECT or VALUES of the table's columns in their order, without partition columns. In files
  // of changes, _change_type stands behind them.
  std::string rows;
  delta::PartitionValues partition_values{};
  bool statistics = true;
  std::vector<uint64_t> deleted{};  // rows that a deletion vector takes out, counted from 0
};

struct MadeCommit {
  std::string operation;
  std::vector<MadeFile> adds{};
  std::vector<std::string> removes{};  // names of files
  std::vector<MadeFile> changes{};     // files of the change data feed
};

struct MadeTable {
  std::string name;
  std::string about;                // a sentence, for people
  std::vector<MadeColumn> columns;  // partition columns are the last ones
  std::vector<std::string> partition_columns{};
  delta::Protocol protocol{};
  std::map<std::string, std::string> configuration{};
  std::vector<MadeCommit> commits;  // versions 0, 1, 2 ...
  std::string field_ids{};          // for the engine's COPY
  int checkpoint_version = -1;      // none below 0; the commits before it are gone
  bool history_shared = true;       // as the sample configurations say

  delta::Version Latest() const { return static_cast<delta::Version>(commits.size()) - 1; }
  delta::Metadata Metadata() const;
};

// All of them, in the order in which they are made.
const std::vector<MadeTable>& MadeTables();
// Null: there is none of that name.
const MadeTable* FindMadeTable(std::string_view name);

// When a version was committed, by the writer's clock: a day after the one before.
TimePoint MadeTime(delta::Version version);

// A name that would be random elsewhere.
std::string StableUuid(std::string_view name);

// The files that are live at `version`, as their last add says.
std::vector<const MadeFile*> LiveFiles(const MadeTable& table, delta::Version version);

// The tables of each theme.
std::vector<MadeTable> MadeTypeTables();
std::vector<MadeTable> MadePruningTables();
std::vector<MadeTable> MadeVersionTables();
std::vector<MadeTable> MadeFeatureTables();

// For those: a column of a primitive type.
MadeColumn Primitive(std::string name, std::string type);

}  // namespace sluice::conformance
