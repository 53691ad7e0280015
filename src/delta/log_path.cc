#include "delta/log_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"

namespace sluice::delta {
namespace {

constexpr size_t kVersionDigits = 20;
constexpr size_t kPartDigits = 10;

bool IsDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

template <class Number>
std::optional<Number> ParseDigits(std::string_view text) {
  Number value = 0;
  if (text.empty() || !IsDigits(text)) return std::nullopt;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "o.p" of a multi-part checkpoint.
std::optional<LogFile> ParseParts(Version version, std::string_view text) {
  if (text.size() != 2 * kPartDigits + 1 || text[kPartDigits] != '.') return std::nullopt;
  const auto part = ParseDigits<uint32_t>(text.substr(0, kPartDigits));
  const auto parts = ParseDigits<uint32_t>(text.substr(kPartDigits + 1));
  if (!part || !parts || *part == 0 || *part > *parts) return std::nullopt;
  return LogFile{LogFileKind::kMultiPartCheckpoint, version, *part, *parts};
}

// Length of a URI's scheme ("file" of "file:/x"), 0 where there is none.
size_t SchemeLength(std::string_view path) {
  const size_t colon = path.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > path.find('/')) return 0;
  const bool scheme = std::ranges::all_of(path.substr(0, colon), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
  });
  return scheme ? colon : 0;
}

bool Climbs(std::string_view path) {
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    if (path.substr(0, end) == "..") return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

}  // namespace

std::optional<LogFile> ParseLogKey(std::string_view key) {
  if (!key.starts_with(kLogFolder)) return std::nullopt;
  key.remove_prefix(kLogFolder.size());
  if (key.size() <= kVersionDigits || key[kVersionDigits] != '.') return std::nullopt;
  const auto version = ParseDigits<Version>(key.substr(0, kVersionDigits));
  if (!version) return std::nullopt;
  std::string_view rest = key.substr(kVersionDigits + 1);
  if (rest == "json") return LogFile{LogFileKind::kCommit, *version, 0, 0};
  if (rest == "checkpoint.parquet") return LogFile{LogFileKind::kClassicCheckpoint, *version, 1, 1};
  constexpr std::string_view kCheckpoint = "checkpoint.";
  if (!rest.starts_with(kCheckpoint)) return std::nullopt;
  rest.remove_prefix(kCheckpoint.size());
  const bool parquet = rest.ends_with(".parquet");
  if (!parquet && !rest.ends_with(".json")) return std::nullopt;
  rest.remove_suffix(parquet ? 8 : 5);
  if (rest.size() == 36) return LogFile{LogFileKind::kUuidCheckpoint, *version, 1, 1};
  return parquet ? ParseParts(*version, rest) : std::nullopt;
}

std::string VersionPrefix(Version version) { return fmt::format("{}{:020}.", kLogFolder, version); }

std::string CommitKey(Version version) { return VersionPrefix(version) + "json"; }

Result<std::string> ObjectKey(std::string_view add_path) {
  Result<std::string> key = PercentDecode(add_path);
  if (!key)
    return Fail(Code::kCorrupt, "The table's log holds a file name that cannot be decoded.");
  if (key->empty() || key->find('\0') != std::string::npos) {
    return Fail(Code::kCorrupt, "The table's log holds a file name that no file can have.");
  }
  if (SchemeLength(add_path) > 0 || key->front() == '/' || Climbs(*key)) {
    return Fail(Code::kUnsupported,
                "The table refers to files outside of its own folder (as shallow clones do), which "
                "this server does not share.");
  }
  return key;
}

std::string CanonicalPath(std::string_view add_path) {
  if (SchemeLength(add_path) == 4 && EqualsIgnoreCase(add_path.substr(0, 4), "file")) {
    add_path.remove_prefix(5);
    const size_t slashes = std::min(add_path.find_first_not_of('/'), add_path.size());
    if (slashes > 1) add_path.remove_prefix(slashes - 1);
  }
  if (add_path.find('%') == std::string_view::npos) return std::string(add_path);
  return PercentDecode(add_path).value_or(std::string(add_path));
}

}  // namespace sluice::delta
