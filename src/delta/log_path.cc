#include "delta/log_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/encoding.h"

namespace sluice::delta {
namespace {

constexpr size_t kVersionDigits = 20;
constexpr size_t kPartDigits = 10;
constexpr size_t kUuidLength = 36;
constexpr std::string_view kCompactedEnd = ".compacted.json";

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Digits only. False: something else, or too large.
template <class T>
bool ReadNumber(std::string_view text, T& value) {
  if (text.empty() || !AllDigits(text)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsUuid(std::string_view text) {
  if (text.size() != kUuidLength) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f') ||
                     (text[i] >= 'A' && text[i] <= 'F');
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

// `rest` is what follows "n.checkpoint.".
void ParseCheckpointName(std::string_view rest, LogName& name) {
  constexpr std::string_view kParquet = ".parquet";
  constexpr std::string_view kJson = ".json";
  if (rest == "parquet") {
    name.kind = LogFileKind::kCheckpoint;
    return;
  }
  const bool parquet = rest.ends_with(kParquet);
  if (!parquet && !rest.ends_with(kJson)) return;
  rest.remove_suffix(parquet ? kParquet.size() : kJson.size());
  if (IsUuid(rest)) {
    name.kind = LogFileKind::kV2Checkpoint;
    name.is_json = !parquet;
    return;
  }
  if (!parquet || rest.size() != 2 * kPartDigits + 1 || rest[kPartDigits] != '.') return;
  if (!ReadNumber(rest.substr(0, kPartDigits), name.part)) return;
  if (!ReadNumber(rest.substr(kPartDigits + 1), name.parts)) return;
  if (name.part >= 1 && name.part <= name.parts) name.kind = LogFileKind::kCheckpointPart;
}

// `rest` is what follows "n.".
void ParseCompactedName(std::string_view rest, LogName& name) {
  Version last = 0;
  if (rest.substr(kVersionDigits) != kCompactedEnd) return;
  if (!ReadNumber(rest.substr(0, kVersionDigits), last) || last < name.version) return;
  name.kind = LogFileKind::kCompacted;
  name.first = name.version;
  name.version = last;
}

// Bytes that stand for themselves in a canonical path; the others are escaped. It is how Hadoop
// writes paths, so that the paths of most tables are canonical as they are.
constexpr std::array<bool, 256> kLiteral = [] {
  std::array<bool, 256> literal = {};
  for (size_t c = 0x80; c < 0x100; ++c) literal[c] = true;
  for (size_t c = '0'; c <= '9'; ++c) literal[c] = true;
  for (size_t c = 'a'; c <= 'z'; ++c) literal[c] = true;
  for (size_t c = 'A'; c <= 'Z'; ++c) literal[c] = true;
  for (const char c : std::string_view("_-!.~'()*,;$&+=/@")) literal[static_cast<size_t>(c)] = true;
  return literal;
}();

bool IsLiteral(char c) { return kLiteral[static_cast<unsigned char>(c)]; }

// -1: no hexadecimal digit.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The length of a URI's scheme, without the colon; 0: none.
size_t SchemeLength(std::string_view path) {
  for (size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == ':') return i;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!letter && (i == 0 || !other)) return 0;
  }
  return 0;
}

// The segments of a decoded path that mean something.
std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (!segment.empty() && segment != ".") segments.push_back(segment);
    begin = end + 1;
  }
  return segments;
}

std::string Join(const std::vector<std::string_view>& segments) {
  std::string joined;
  for (const std::string_view segment : segments) {
    if (!joined.empty()) joined += '/';
    joined += segment;
  }
  return joined;
}

std::string Escape(std::string_view path) {
  std::string escaped;
  for (const char c : path) {
    if (IsLiteral(c)) {
      escaped += c;
    } else {
      fmt::format_to(std::back_inserter(escaped), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

// The path of a "file:" URI or of an absolute path; nothing for any other.
std::string_view LocalAbsolute(std::string_view path) {
  const size_t scheme = SchemeLength(path);
  if (scheme > 0) {
    if (!EqualsIgnoreCase(path.substr(0, scheme), "file")) return {};
    path.remove_prefix(scheme + 1);
    if (path.starts_with("///")) path.remove_prefix(2);
  }
  return path.starts_with('/') ? path : std::string_view();
}

std::unexpected<Error> BrokenPath(std::string_view path) {
  return Fail(Code::kCorrupt, "the table's log names a file by a broken path", std::string(path));
}

}  // namespace

LogName ParseLogName(std::string_view name) {
  constexpr std::string_view kCheckpoint = ".checkpoint.";
  LogName parsed;
  if (name.size() <= kVersionDigits) return parsed;
  if (!ReadNumber(name.substr(0, kVersionDigits), parsed.version)) return parsed;
  const std::string_view rest = name.substr(kVersionDigits);
  if (rest == ".json") {
    parsed.kind = LogFileKind::kCommit;
  } else if (rest == ".crc") {
    parsed.kind = LogFileKind::kChecksum;
  } else if (rest.size() == 1 + kVersionDigits + kCompactedEnd.size() && rest.front() == '.') {
    ParseCompactedName(rest.substr(1), parsed);
  } else if (rest.starts_with(kCheckpoint)) {
    ParseCheckpointName(rest.substr(kCheckpoint.size()), parsed);
  }
  return parsed;
}

std::string CommitKey(Version version) { return fmt::format("{}{:020}.json", kLogFolder, version); }

std::string FirstKeyOf(Version version) { return fmt::format("{}{:020}", kLogFolder, version); }

std::unexpected<Error> Outside(std::string_view add_path) {
  return Fail(Code::kUnsupported,
              "the table refers to files outside of its own folder, which this server's "
              "configuration does not cover",
              std::string(add_path));
}

bool IsAbsolutePath(std::string_view add_path) {
  if (add_path.starts_with('/')) return true;
  return add_path.find(':') != std::string_view::npos && SchemeLength(add_path) > 0;
}

Result<AbsolutePath> ParseAbsolutePath(std::string_view add_path) {
  AbsolutePath absolute;
  std::string_view rest = add_path;
  if (const size_t scheme = SchemeLength(rest); scheme > 0) {
    absolute.scheme = AsciiLower(rest.substr(0, scheme));
    rest.remove_prefix(scheme + 1);
    if (rest.starts_with("//")) {
      const size_t slash = std::min(rest.find('/', 2), rest.size());
      absolute.authority = rest.substr(2, slash - 2);
      rest.remove_prefix(slash);
    }
  } else if (rest.starts_with("//")) {
    return Outside(add_path);  // a host of some scheme, or a slash too many: nobody knows
  }
  if (!rest.starts_with('/')) return Outside(add_path);
  const Result<std::string> decoded = PercentDecode(rest);
  if (!decoded.has_value() || decoded->find('\0') != std::string::npos) return BrokenPath(add_path);
  const auto segments = Segments(*decoded);
  if (segments.empty()) return BrokenPath(add_path);
  if (std::find(segments.begin(), segments.end(), "..") != segments.end()) return Outside(add_path);
  absolute.path = Join(segments);
  return absolute;
}

std::string WithoutEmptySegments(std::string_view path) { return Join(Segments(path)); }

bool IsOutside(std::string_view add_path) {
  if (IsAbsolutePath(add_path)) return true;
  if (add_path.find("..") == std::string_view::npos &&
      add_path.find('%') == std::string_view::npos) {
    return false;
  }
  const Result<std::string> decoded = PercentDecode(add_path);
  if (!decoded.has_value()) return false;
  if (decoded->starts_with('/')) return true;
  const auto segments = Segments(*decoded);
  return std::find(segments.begin(), segments.end(), "..") != segments.end();
}

Result<std::string> ObjectKey(std::string_view add_path) {
  if (IsOutside(add_path)) return Outside(add_path);
  const Result<std::string> decoded = PercentDecode(add_path);
  std::string key;
  if (decoded.has_value() && decoded->find('\0') == std::string::npos) {
    key = Join(Segments(*decoded));
  }
  if (key.empty()) return BrokenPath(add_path);
  return key;
}

Result<std::string_view> ObjectKey(std::string_view add_path, std::string& scratch) {
  const bool escaped = add_path.find('%') != std::string_view::npos;
  if (!IsCanonicalPath(add_path) || (escaped && add_path.find("%00") != std::string_view::npos)) {
    scratch = TRY(ObjectKey(add_path));
    return std::string_view(scratch);
  }
  // A canonical path has no segments to leave out, and none of its escapes makes any.
  if (!escaped) return add_path;
  scratch.clear();
  for (size_t i = 0; i < add_path.size(); ++i) {
    if (add_path[i] == '%') {
      scratch += static_cast<char>(HexValue(add_path[i + 1]) * 16 + HexValue(add_path[i + 2]));
      i += 2;
    } else {
      scratch += add_path[i];
    }
  }
  return std::string_view(scratch);
}

Result<std::string> SidecarKey(std::string_view path) {
  const std::string name = TRY(ObjectKey(path));
  if (name.find('/') != std::string::npos) {
    return Fail(Code::kCorrupt, "the table's checkpoint names a sidecar by a broken path",
                std::string(path));
  }
  return fmt::format("{}_sidecars/{}", kLogFolder, name);
}

bool IsCanonicalPath(std::string_view add_path) {
  if (add_path.empty() || add_path.front() == '/' || add_path.back() == '/') return false;
  bool segment_begins = true;
  for (size_t i = 0; i < add_path.size(); ++i) {
    const char c = add_path[i];
    if (c == '%') {
      if (i + 2 >= add_path.size()) return false;
      const int high = HexValue(add_path[i + 1]);
      const int low = HexValue(add_path[i + 2]);
      const bool lower = add_path[i + 1] >= 'a' || add_path[i + 2] >= 'a';
      if (high < 0 || low < 0 || lower || IsLiteral(static_cast<char>(high * 16 + low))) {
        return false;
      }
      i += 2;
    } else if (!IsLiteral(c) || (segment_begins && (c == '/' || c == '.'))) {
      return false;  // a dot may begin "." or "..", which the slow way looks at
    }
    segment_begins = c == '/';
  }
  return true;
}

std::string CanonicalPath(std::string_view add_path) {
  if (IsCanonicalPath(add_path)) return std::string(add_path);
  const std::string_view absolute = LocalAbsolute(add_path);
  if (absolute.empty() && SchemeLength(add_path) > 0) return std::string(add_path);
  const Result<std::string> decoded = PercentDecode(absolute.empty() ? add_path : absolute);
  if (!decoded.has_value()) return std::string(add_path);
  const std::string joined = Escape(Join(Segments(*decoded)));
  return absolute.empty() && !decoded->starts_with('/') ? joined : "file:/" + joined;
}

}  // namespace sluice::delta
