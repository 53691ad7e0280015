// delta/log_path.h -- names of the files in _delta_log, and of the files that adds refer to.
//
// Source: Delta PROTOCOL.md, "File Types".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/actions.h"

namespace sluice::delta {

inline constexpr std::string_view kLogFolder = "_delta_log/";
inline constexpr std::string_view kLastCheckpoint = "_delta_log/_last_checkpoint";

enum class LogFileKind {
  kCommit,               // n.json
  kClassicCheckpoint,    // n.checkpoint.parquet
  kMultiPartCheckpoint,  // n.checkpoint.o.p.parquet
  kUuidCheckpoint,       // n.checkpoint.<uuid>.(json|parquet)
};

struct LogFile {
  LogFileKind kind = LogFileKind::kCommit;
  Version version = 0;
  uint32_t part = 0;  // of a multi-part checkpoint, from 1
  uint32_t parts = 0;
};

// What the key of an object in the log folder is; nullopt for everything that replay does not need:
// checksums, compacted logs, temporary files, unknown names.
std::optional<LogFile> ParseLogKey(std::string_view key);

std::string CommitKey(Version version);
// The first key, in byte order, of a version's files.
std::string VersionPrefix(Version version);

// The store's key for the path of an add: relative to the table, percent-decoded.
// Errors: kUnsupported  an absolute path or URI, or one that climbs out of the table
//         kCorrupt      a broken escape, or a NUL
Result<std::string> ObjectKey(std::string_view add_path);

// The form by which paths are compared in replay: percent-decoded; "file:/x", "file:///x" and "/x"
// are one file. A path that cannot be decoded stands for itself.
std::string CanonicalPath(std::string_view add_path);

}  // namespace sluice::delta
