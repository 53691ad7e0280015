#include "delta/action_lines.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sluice::delta {
namespace {

// A line longer than this is no action that anybody writes; parsing it would take ten times as much
// memory.
constexpr size_t kLongestLine = 64 << 20;

std::string_view TrimEnd(std::string_view line) {
  while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return line;
}

}  // namespace

ActionLines::ActionLines(std::string bytes) : bytes_(std::move(bytes)), end_(bytes_.size()) {
  bytes_.append(LogLineParser::kPadding, ' ');
}

Result<std::optional<Action>> ActionLines::Next() {
  const std::string_view text = std::string_view(bytes_).substr(0, end_);
  while (next_ < end_) {
    const size_t end = std::min(text.find('\n', next_), end_);
    const size_t begin = std::exchange(next_, end + 1);
    const std::string_view line = TrimEnd(text.substr(begin, end - begin));
    if (line.empty()) continue;
    if (line.size() > kLongestLine) return Fail(Code::kCorrupt, "a line that is too long");
    return TRY(parser_.Parse(line, bytes_.size() - begin - line.size()));
  }
  return std::nullopt;
}

}  // namespace sluice::delta
