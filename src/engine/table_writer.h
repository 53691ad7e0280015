// engine/table_writer.h -- writes a Delta table on this machine, version by version: for the demo
// lakehouse, the tables of the conformance suite and the export of the audit log.
//
// The smallest writer that makes sound tables: Parquet through the engine, commits with the times
// they are told to have, one classic checkpoint where it is asked for. Sources: Delta PROTOCOL.md,
// "Per-file Statistics", "Checkpoint Schema", "Last Checkpoint File Schema".
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delta/commit.h"
#include "engine/engine.h"
#include "storage/object_store.h"

namespace sluice::engine {

// A column of a file, as statistics name it.
struct StatsColumn {
  std::string name;
  std::string delta_type;  // "Primitive Types" of the Delta protocol
};

// An aggregate over rows that comes to their statistics, as text of JSON.
std::string StatsSql(const std::vector<StatsColumn>& columns);

struct DataFile {
  std::string name;    // below the table's folder, '/' between folders, nothing escaped
  std::string select;  // its rows; trusted
  std::string options = "COMPRESSION snappy";
  delta::PartitionValues partition_values{};
  TimePoint time{};  // in the log and of the file itself
  std::optional<std::string> stats{};
  bool durable = false;  // on the disk before WriteFile returns
};

class TableWriter {
 public:
  // `folder` has no table yet; or it has one whose next version is `next_version`, of which
  // WriteCheckpoint knows nothing (engine/table_end.h).
  // Errors of all: kUnavailable  a file cannot be written;
  //                kInternal     the engine refuses a statement
  static Result<TableWriter> Open(Engine& engine, const std::filesystem::path& folder,
                                  delta::Version next_version = 0);

  // Writes a file of rows; only a commit makes it part of the table.
  Result<delta::AddFile> WriteFile(const DataFile& file) const;
  // Writes the next version. Errors also: kAlreadyExists  somebody else wrote that version
  Status Write(const delta::Commit& commit);
  // Of the last version. The protocol has no features.
  Status WriteCheckpoint() const;

  const storage::ObjectStore& store() const { return *store_; }
  size_t live_files() const { return live_.size(); }

 private:
  TableWriter(Engine& engine, std::filesystem::path folder,
              std::unique_ptr<storage::ObjectStore> store, delta::Version next_version)
      : engine_(&engine),
        folder_(std::move(folder)),
        store_(std::move(store)),
        next_version_(next_version) {}

  Engine* engine_;
  std::filesystem::path folder_;
  std::unique_ptr<storage::ObjectStore> store_;
  delta::Version next_version_;
  delta::Protocol protocol_;
  delta::Metadata metadata_;
  std::vector<delta::AddFile> live_;
  std::vector<std::pair<std::string, TimePoint>> tombstones_;
};

}  // namespace sluice::engine
