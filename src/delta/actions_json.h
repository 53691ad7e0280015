// delta/actions_json.h -- one line of a commit or of a JSON checkpoint, read as an action.
//
// A pure function of the line's bytes. The whole line must be sound JSON, also where nobody reads
// it; what a reader needs must have the right type. Unknown actions and fields are passed over.
// Source: Delta PROTOCOL.md, "Actions".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "delta/actions.h"
#include "delta/checkpoint.h"

namespace sluice::delta {

// Nothing: an action that no reader needs. Sidecar and CheckpointMetadata have their place in
// checkpoints only.
using Action = std::variant<std::monostate, Protocol, Metadata, AddFile, RemoveFile, CdcFile,
                            CommitInfo, DomainMetadata, Sidecar, CheckpointMetadata>;

// Keeps its buffers from line to line. Not thread-safe.
class LogLineParser {
 public:
  LogLineParser();
  ~LogLineParser();
  LogLineParser(const LogLineParser&) = delete;
  LogLineParser& operator=(const LogLineParser&) = delete;

  // `readable_behind` bytes behind the line's end may be read (their content does not matter); with
  // kPadding of them the line is not copied.
  //
  // Errors: kCorrupt  the message is the bare reason: "an add without a path"
  Result<Action> Parse(std::string_view line, size_t readable_behind = 0);

  static const size_t kPadding;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The version of a _last_checkpoint file; nothing if it is not sound.
std::optional<Version> ParseLastCheckpoint(std::string_view text);

}  // namespace sluice::delta
