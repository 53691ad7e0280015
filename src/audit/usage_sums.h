// audit/usage_sums.h -- what a file of the log says about reads, summed up by hours.
//
// So that a week of a busy server is counted without reading its lines. The sums of a file that is
// full lie beside it (SumsName), and are made anew where they are missing or do not fit. They prove
// nothing: Verify does not look at them.
//
// A read is a query of a table that was answered, or a credential for its folder. What was read
// through file links counts as bytes. Refused is 401, 403 and 404: what was not granted is told as
// not found.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "audit/segment_files.h"
#include "base/result.h"

namespace sluice::audit {

struct LineKeys;

// Texts as they are written in the log.
struct UsageKey {
  int64_t hour = 0;  // since 1970
  std::string share{};
  std::string recipient{};
  std::string table{};
  auto operator<=>(const UsageKey&) const = default;
};

struct UsageSum {
  uint64_t reads = 0;
  uint64_t files = 0;
  int64_t bytes = 0;
  uint64_t denied = 0;
  uint64_t client_errors = 0;  // 4xx besides
  uint64_t server_errors = 0;
  int64_t last_read_ms = 0;   // 0: none
  int64_t last_version = -1;  // of the table, as it was read last; -1: not known
  int64_t first_read_ms = 0;  // 0: none

  void Add(const UsageSum& other);
  bool operator==(const UsageSum&) const = default;
};

// From where a recipient came.
struct SeenAddress {
  int64_t first_ms = 0;
  int64_t last_ms = 0;
};

class UsageSums {
 public:
  using Rows = std::map<UsageKey, UsageSum>;
  using Addresses = std::map<std::pair<std::string, std::string>, SeenAddress>;  // recipient, ip

  // Reads on from where it stopped, up to the last whole line. Errors: kUnavailable, kCorrupt
  Status Extend(const Fd& file);
  const Rows& rows() const { return rows_; }
  const Addresses& addresses() const { return addresses_; }
  uint64_t covered() const { return covered_; }
  // Hours that the events of the file lie in, both included; first > last: there are none.
  int64_t first_hour() const { return first_hour_; }
  int64_t last_hour() const { return last_hour_; }

  std::string Pack() const;
  // Nothing: not sums, or damaged ones.
  static std::optional<UsageSums> Unpack(std::string_view text);

 private:
  void AddLine(const LineKeys& keys);
  bool UnpackRow(std::string_view row);

  Rows rows_;
  Addresses addresses_;
  uint64_t covered_ = 0;
  int64_t first_hour_ = INT64_MAX;
  int64_t last_hour_ = INT64_MIN;
};

// The hours and the size of packed sums, from their first kSumsHead bytes.
struct SumsHead {
  uint64_t covered = 0;
  int64_t first_hour = 0;
  int64_t last_hour = 0;
};
inline constexpr size_t kSumsHead = 128;
std::optional<SumsHead> ReadSumsHead(std::string_view text);

}  // namespace sluice::audit
