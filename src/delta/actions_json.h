// delta/actions_json.h -- one line of a JSON commit as an action.
//
// Source: Delta PROTOCOL.md, "Actions". Each line is an object with one action; actions and fields
// that no reader needs are passed over. The text is validated whole, also where nobody looks.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "delta/actions.h"

namespace sluice::delta {

// What commitInfo tells a reader.
struct CommitInfo {
  std::optional<int64_t> in_commit_timestamp;  // ms
};

// monostate: an action that replay does not need.
using Action = std::variant<std::monostate, Protocol, Metadata, AddFile, RemoveFile, CommitInfo>;

// Reads lines one after the other; keeps its buffers. One thread at a time.
class ActionParser {
 public:
  ActionParser();
  ~ActionParser();
  ActionParser(ActionParser&&) noexcept;

  // Errors: kCorrupt  not one JSON object, or an action that lacks what the protocol requires; the
  //                   message says which, without a path
  Result<Action> Parse(std::string_view line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The content of _last_checkpoint, as far as it is used.
struct LastCheckpoint {
  Version version = 0;
};
// Errors: kCorrupt
Result<LastCheckpoint> ParseLastCheckpoint(std::string_view text);

}  // namespace sluice::delta
