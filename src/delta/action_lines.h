// delta/action_lines.h -- a log file of JSON, one action after the other.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "delta/actions_json.h"

namespace sluice::delta {

class ActionLines {
 public:
  explicit ActionLines(std::string bytes);
  ActionLines(const ActionLines&) = delete;
  ActionLines& operator=(const ActionLines&) = delete;

  // The action of the next line that is not blank; nothing at the end.
  // Errors: as LogLineParser::Parse; a line that is too long
  Result<std::optional<Action>> Next();

 private:
  std::string bytes_;  // padded, so that no line is copied
  size_t end_;         // of the text
  size_t next_ = 0;    // where the next line begins
  LogLineParser parser_;
};

}  // namespace sluice::delta
