// audit/filter.h -- which events are asked for. What is empty does not narrow.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/block_index.h"
#include "audit/line_keys.h"
#include "base/clock.h"

namespace sluice::audit {

struct Filter {
  std::optional<TimePoint> from{};     // this moment included
  std::optional<TimePoint> to{};       // this one not
  std::vector<std::string> actions{};  // any of them
  std::string principal{};
  std::string recipient{};
  std::string share{};
  std::string table{};                // "schema.table"
  std::optional<int> status{};        // 404
  std::optional<int> status_class{};  // 2, 4, 5
  std::string error_text{};           // somewhere in the error message, in this case of letters
};

// A filter made ready for many lines.
class Matcher {
 public:
  explicit Matcher(const Filter& filter);

  // False: no line of the block matches.
  bool MayMatch(const Block& block) const;
  bool Matches(const LineKeys& keys) const;
  // A number for the filter: a page token of one is not taken by another.
  uint64_t fingerprint() const;

 private:
  Filter filter_;  // texts as they are written
};

}  // namespace sluice::audit
