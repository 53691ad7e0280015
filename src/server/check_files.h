// server/check_files.h -- whether the files of a table are what its log says (`check --files`).
//
// Every data file must be there with the size of the log; every deletion vector must be readable,
// and fit the log and its data file. Data files are asked for, not read; a file of deletion vectors
// is read once, however many it holds. What is wrong is counted, and the first of it is named.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/file_places.h"
#include "delta/snapshot.h"
#include "server/check_report.h"
#include "storage/object_store.h"

namespace sluice::server {

// Told now and then, on the calling thread: "data files", 2000 of 48000.
using FilesProgress = std::function<void(std::string_view what, uint64_t done, uint64_t total)>;

// Where the files of a table lie: below its location, or in the external ones.
struct TableFiles {
  std::string location;
  const delta::ExternalLocations& external;
  std::function<Result<std::shared_ptr<const storage::ObjectStore>>(const std::string&)> open;
};

// A store that fails ends it: what was found until then is returned, and why it ended.
FilesReport CheckTableFiles(const delta::Snapshot& snapshot, const TableFiles& where,
                            const FilesProgress& progress);

}  // namespace sluice::server
