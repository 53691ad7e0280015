// engine/row_reader.h -- some rows of a table, for people who want to see what is in it.
//
// Files are read one after the other, whichever come first, and only as many as it takes. Deletion
// vectors, partition values, column mapping and widened types are minded; what cannot be read
// rightly is refused with the reason: no row is shown that a reader of Delta would not see.
//
// A file far away is brought here whole, so those that are large are passed over: the answer then
// says that there is more, and is an error if no file is left.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "delta/file_places.h"
#include "delta/schema_tree.h"
#include "delta/snapshot.h"
#include "storage/object_store.h"

namespace sluice::engine {

class Database;

struct RowLimits {
  ByteCount far_file = MiB(256);  // of a file that has to be brought here
  ByteCount answer = MiB(16);     // of the JSON text of all rows
  Millis time{20'000};            // then what is there is the answer; if nothing is, an error
  unsigned at_a_time = 4;         // calls
};

// A version of a table, and where its files are.
struct RowSource {
  std::shared_ptr<const delta::Snapshot> snapshot;
  std::string location;
  // Both outlive the call.
  const delta::ExternalLocations& external;
  std::function<Result<std::shared_ptr<const storage::ObjectStore>>(const std::string&)> open;
};

struct RowsWanted {
  std::vector<std::string> columns{};  // of the top level, in any case; empty: all
  size_t most = 50;
};

struct RowsRead {
  std::vector<delta::SchemaField> columns;
  std::vector<std::string> rows;  // each a JSON array, a value a column
  bool more = false;              // there are more rows than these, or may be
};

// Thread-safe.
class RowReader {
 public:
  // `database` must outlive the reader.
  explicit RowReader(Database& database, RowLimits limits = {})
      : database_(database), limits_(limits) {}

  // Errors: kInvalidArgument    no such column
  //         kUnsupported        types that cannot be shown; files that are too large, or outside of
  //                             the table where the configuration does not cover them
  //         kCorrupt            a file that is gone or no Parquet, a broken deletion vector
  //         kResourceExhausted  too many calls at a time
  //         kUnavailable        it took too long; the store, or the engine, failed
  Result<RowsRead> Read(const RowSource& source, const RowsWanted& wanted) const;

 private:
  Database& database_;
  const RowLimits limits_;
  mutable std::atomic<unsigned> running_ = 0;
};

}  // namespace sluice::engine
