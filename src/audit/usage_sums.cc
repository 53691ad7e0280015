#include "audit/usage_sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "audit/line_keys.h"
#include "base/crypto/crypto.h"
#include "base/encoding.h"

namespace sluice::audit {
namespace {

constexpr std::string_view kMagic = "sluice usage sums 2";
constexpr std::string_view kFileRead = "deltaSharingReadFile";
constexpr int64_t kHourMs = 3'600'000;
// One that changes its address all the time is not to fill the disk: what is beyond is not noted.
constexpr size_t kMaxAddresses = 10'000;

bool IsRead(std::string_view action) {
  return action == "deltaSharingQueriedTable" || action == "deltaSharingQueriedTableChanges" ||
         action == "generateTemporaryTableCredential";
}

// What recipients do themselves; alerts about them are none of it.
bool IsOfRecipient(const LineKeys& keys) {
  return !keys.recipient.empty() && keys.principal == keys.recipient &&
         (keys.action.starts_with("deltaSharing") || IsRead(keys.action)) &&
         keys.action != "deltaSharingDeniedAccessAlert";
}

// A number of response.result, which is JSON within a text: \"files\":\"3\"
std::optional<int64_t> ResultNumber(std::string_view result, std::string_view name) {
  const std::string member = fmt::format(R"(\"{}\":\")", name);
  const size_t at = result.find(member);
  if (at == std::string_view::npos) return std::nullopt;
  const char* begin = result.data() + at + member.size();
  int64_t number = 0;
  const auto read = std::from_chars(begin, result.data() + result.size(), number);
  if (read.ec != std::errc() || number < 0) return std::nullopt;
  return number;
}

std::string_view TakeUntil(std::string_view& rest, char end) {
  const size_t at = std::min(rest.find(end), rest.size());
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return taken;
}

template <class Number>
bool TakeNumber(std::string_view& rest, Number& number) {
  const std::string_view text = TakeUntil(rest, '\t');
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

}  // namespace

void UsageSum::Add(const UsageSum& other) {
  reads += other.reads;
  files += other.files;
  bytes += other.bytes;
  denied += other.denied;
  client_errors += other.client_errors;
  server_errors += other.server_errors;
  if (first_read_ms == 0 || (other.first_read_ms > 0 && other.first_read_ms < first_read_ms)) {
    first_read_ms = other.first_read_ms;
  }
  if (other.last_read_ms >= last_read_ms) {
    last_read_ms = other.last_read_ms;
    if (other.last_read_ms > 0) last_version = other.last_version;
  }
}

Status UsageSums::Extend(const Fd& file) {
  LineReader lines(file, covered_);
  while (const auto line = TRY(lines.Next())) {
    if (const auto keys = ScanLine(*line)) AddLine(*keys);
    covered_ = lines.offset();
  }
  return {};
}

void UsageSums::AddLine(const LineKeys& keys) {
  const int64_t ms = ToUnixMillis(keys.time);
  const int64_t hour = ms / kHourMs;
  first_hour_ = std::min(first_hour_, hour);
  last_hour_ = std::max(last_hour_, hour);
  if (!IsOfRecipient(keys)) return;
  UsageSum sum;
  const bool good = keys.status < 300;
  if (good && IsRead(keys.action)) {
    sum.reads = 1;
    sum.files = static_cast<uint64_t>(ResultNumber(keys.result, "files").value_or(0));
    sum.last_version = ResultNumber(keys.result, "version").value_or(-1);
    sum.first_read_ms = ms;
    sum.last_read_ms = ms;
  }
  if (good && (IsRead(keys.action) || keys.action == kFileRead)) sum.bytes = keys.bytes_read;
  if (keys.status == 401 || keys.status == 403 || keys.status == 404) {
    sum.denied = 1;
  } else if (keys.status >= 500) {
    sum.server_errors = 1;
  } else if (keys.status >= 400) {
    sum.client_errors = 1;
  }
  if (sum != UsageSum()) {
    rows_[{hour, std::string(keys.share), std::string(keys.recipient), std::string(keys.table)}]
        .Add(sum);
  }
  if (keys.source_ip.empty()) return;
  auto key = std::pair(std::string(keys.recipient), std::string(keys.source_ip));
  const auto found = addresses_.find(key);
  if (found != addresses_.end()) {
    found->second.first_ms = std::min(found->second.first_ms, ms);
    found->second.last_ms = std::max(found->second.last_ms, ms);
  } else if (addresses_.size() < kMaxAddresses) {
    addresses_.emplace(std::move(key), SeenAddress{ms, ms});
  }
}

// Texts hold neither tabs nor newlines: in the log they are escaped.
std::string UsageSums::Pack() const {
  std::string text = fmt::format("{}\t{}\t{}\t{}\t\n", kMagic, covered_, first_hour_, last_hour_);
  auto out = std::back_inserter(text);
  for (const auto& [key, sum] : rows_) {
    fmt::format_to(out, "h\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", key.hour,
                   key.share, key.recipient, key.table, sum.reads, sum.files, sum.bytes, sum.denied,
                   sum.client_errors, sum.server_errors, sum.last_read_ms, sum.last_version,
                   sum.first_read_ms);
  }
  for (const auto& [key, seen] : addresses_) {
    fmt::format_to(out, "a\t{}\t{}\t{}\t{}\n", key.first, key.second, seen.first_ms, seen.last_ms);
  }
  text += Hex(crypto::View(crypto::Sha256(text)));
  return text;
}

std::optional<SumsHead> ReadSumsHead(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  SumsHead head;
  if (line.size() == text.size() || TakeUntil(line, '\t') != kMagic) return std::nullopt;
  if (!TakeNumber(line, head.covered) || !TakeNumber(line, head.first_hour) ||
      !TakeNumber(line, head.last_hour)) {
    return std::nullopt;
  }
  return head;
}

bool UsageSums::UnpackRow(std::string_view row) {
  const std::string_view what = TakeUntil(row, '\t');
  if (what == "a") {
    const std::string recipient(TakeUntil(row, '\t'));
    const std::string address(TakeUntil(row, '\t'));
    SeenAddress seen;
    if (!TakeNumber(row, seen.first_ms) || !TakeNumber(row, seen.last_ms)) return false;
    addresses_[{recipient, address}] = seen;
    return true;
  }
  UsageKey key;
  UsageSum sum;
  if (what != "h" || !TakeNumber(row, key.hour)) return false;
  for (std::string* part : {&key.share, &key.recipient, &key.table}) *part = TakeUntil(row, '\t');
  if (!TakeNumber(row, sum.reads) || !TakeNumber(row, sum.files) || !TakeNumber(row, sum.bytes) ||
      !TakeNumber(row, sum.denied) || !TakeNumber(row, sum.client_errors) ||
      !TakeNumber(row, sum.server_errors) || !TakeNumber(row, sum.last_read_ms) ||
      !TakeNumber(row, sum.last_version) || !TakeNumber(row, sum.first_read_ms)) {
    return false;
  }
  // In their order.
  rows_.emplace_hint(rows_.end(), std::move(key), sum);
  return true;
}

std::optional<UsageSums> UsageSums::Unpack(std::string_view text) {
  constexpr size_t kSum = 2 * sizeof(crypto::Digest);
  const auto head = ReadSumsHead(text);
  if (!head || text.size() < kSum) return std::nullopt;
  std::string_view rest = text.substr(0, text.size() - kSum);
  if (Hex(crypto::View(crypto::Sha256(rest))) != text.substr(rest.size())) return std::nullopt;
  UsageSums sums;
  sums.covered_ = head->covered;
  sums.first_hour_ = head->first_hour;
  sums.last_hour_ = head->last_hour;
  TakeUntil(rest, '\n');
  while (!rest.empty()) {
    if (!sums.UnpackRow(TakeUntil(rest, '\n'))) return std::nullopt;
  }
  return sums;
}

}  // namespace sluice::audit
