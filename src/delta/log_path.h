// delta/log_path.h -- the names of files: those in _delta_log, and those an action refers to.
//
// Source: Delta PROTOCOL.md, "File Types", "Checkpoint Naming Scheme", "Log Compaction Files",
// "Version Checksum File", "Sidecar Files"; "path" of "Add File and Remove File": a URI, relative
// to the table's root or absolute.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/actions.h"

namespace sluice::delta {

inline constexpr std::string_view kLogFolder = "_delta_log/";
inline constexpr std::string_view kLastCheckpointKey = "_delta_log/_last_checkpoint";

enum class LogFileKind {
  kCommit,          // n.json
  kCheckpoint,      // n.checkpoint.parquet
  kCheckpointPart,  // n.checkpoint.o.p.parquet
  kV2Checkpoint,    // n.checkpoint.u.{json,parquet}
  kCompacted,       // n.m.compacted.json
  kChecksum,        // n.crc
  kOther,           // temporary files, what nobody knows
};

struct LogName {
  LogFileKind kind = LogFileKind::kOther;
  Version version = 0;   // of a compacted file: the last one
  Version first = 0;     // of a compacted file
  uint32_t part = 0;     // from 1, of a checkpoint part
  uint32_t parts = 0;    // how many there are
  bool is_json = false;  // a V2 checkpoint
};

// `name` without its folder.
LogName ParseLogName(std::string_view name);

// "_delta_log/00000000000000000007.json".
std::string CommitKey(Version version);
// Every log file of `version` and later has a key that is not less than this.
std::string FirstKeyOf(Version version);

// The object that a path of the log means: percent-decoded, relative to the table's root.
// Errors: kUnsupported  it lies outside of the table's folder (absolute, a scheme, or "..")
//         kCorrupt      it is no URI: empty, a broken escape, NUL
Result<std::string> ObjectKey(std::string_view add_path);
// The same without an allocation for nearly all paths: the answer looks at `add_path`, or at what
// was written to `scratch`.
Result<std::string_view> ObjectKey(std::string_view add_path, std::string& scratch);

// The object that the path of a sidecar action means: a name in _delta_log/_sidecars.
// Errors: kUnsupported  as ObjectKey
//         kCorrupt      it is no URI, or no plain name
Result<std::string> SidecarKey(std::string_view path);

// Whether ObjectKey would answer kUnsupported.
bool IsOutside(std::string_view add_path);
// What ObjectKey answers to those.
std::unexpected<Error> Outside(std::string_view add_path);

// Whether a path stands for itself, whatever the table: it begins with '/' or with a scheme.
bool IsAbsolutePath(std::string_view add_path);

// The parts of an absolute path.
struct AbsolutePath {
  std::string scheme;     // in small letters; empty: as the table's
  std::string authority;  // a host or bucket, as written
  std::string path;       // percent-decoded, without empty and "." segments and '/' at its ends
};
// Errors: kUnsupported  it has a ".." segment, or no root ("s3:x", "//x")
//         kCorrupt      it is no URI: a broken escape, NUL, no path
Result<AbsolutePath> ParseAbsolutePath(std::string_view add_path);
// A path like AbsolutePath::path: no empty and "." segments.
std::string WithoutEmptySegments(std::string_view path);

// Two paths mean the same file exactly when these are equal: one way of escaping, no "." or empty
// segments, one form of "file:" URIs. A path that is no URI stands for itself.
std::string CanonicalPath(std::string_view add_path);
// True: CanonicalPath gives the path back as it is; so it is for nearly all. False: it may not.
bool IsCanonicalPath(std::string_view add_path);

}  // namespace sluice::delta
