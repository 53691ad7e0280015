#include "audit/chain.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/encoding.h"
#include "base/json.h"
#include "base/timestamp.h"

namespace sluice::audit {
namespace {

constexpr std::string_view kSegment = R"({"segment":1,"opened":")";
constexpr std::string_view kFirst = R"(","first":)";
constexpr std::string_view kPrevious = R"(,"previous":")";
constexpr std::string_view kSequence = R"(,"sequence":)";
constexpr std::string_view kHash = R"(,"hash":")";
constexpr std::string_view kEnd = R"("})";
constexpr size_t kHexDigest = 64;
constexpr size_t kHashMember = kHash.size() + kHexDigest + kEnd.size();

void AppendHash(const crypto::Digest& hash, std::string& line) {
  line += kHash;
  AppendHex(crypto::View(hash), line);
  line += kEnd;
  line += '\n';
}

std::unexpected<Error> NoLine(std::string_view why) {
  return Fail(Code::kCorrupt, fmt::format("not a line of the audit log: {}", why));
}

std::optional<unsigned char> Nibble(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned char>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned char>(c - 'a' + 10);
  return std::nullopt;
}

std::optional<crypto::Digest> ReadDigest(std::string_view hex) {
  crypto::Digest digest;
  if (hex.size() != kHexDigest) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    const auto high = Nibble(hex[2 * i]);
    const auto low = Nibble(hex[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    digest[i] = static_cast<unsigned char>(*high << 4 | *low);
  }
  return digest;
}

// Written as we write it: no sign, no zero in front, within 63 bits.
std::optional<uint64_t> ReadNumber(std::string_view digits) {
  int64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || value <= 0 ||
      digits[0] == '0') {
    return std::nullopt;
  }
  return static_cast<uint64_t>(value);
}

Result<Line> ReadSegmentLine(Line line) {
  std::string_view rest = line.hashed.substr(kSegment.size());
  const size_t first = rest.find(kFirst);
  if (first == std::string_view::npos) return NoLine("no first");
  const auto opened = ParseTimestamp(rest.substr(0, first));
  rest.remove_prefix(first + kFirst.size());
  const size_t previous = rest.find(kPrevious);
  if (!opened || previous == std::string_view::npos) return NoLine("no previous");
  const auto number = ReadNumber(rest.substr(0, previous));
  rest.remove_prefix(previous + kPrevious.size());
  if (!number || !rest.ends_with('"')) return NoLine("no number");
  const auto digest = ReadDigest(rest.substr(0, rest.size() - 1));
  if (!digest) return NoLine("no hash before");
  line.begins_segment = true;
  line.opened = *opened;
  line.sequence = *number;
  line.previous = *digest;
  return line;
}

}  // namespace

void Chain::CloseEvent(std::string& line, crypto::Sha256Stream hashed) {
  const size_t before = line.size();
  line += kSequence;
  json::AppendInt(static_cast<int64_t>(++head.sequence), line);
  hashed.Add(std::string_view(line).substr(before));
  tip = hashed.Add(crypto::View(tip)).Finish();
  head.hash = tip;
  AppendHash(tip, line);
}

std::string Chain::OpenSegment(TimePoint now) {
  std::string line = fmt::format("{}{}{}{}{}{}\"", kSegment, FormatTimestamp(now), kFirst,
                                 head.sequence + 1, kPrevious, Hex(crypto::View(tip)));
  tip = crypto::Sha256Stream().Add(line).Add(crypto::View(tip)).Finish();
  AppendHash(tip, line);
  return line;
}

bool Line::Follows(const crypto::Digest& before) const {
  return crypto::Sha256Stream().Add(hashed).Add(crypto::View(before)).Finish() == hash;
}

Result<Line> ReadLine(std::string_view text) {
  if (text.size() <= kHashMember || text.size() >= kMaxLine.value) return NoLine("its length");
  const std::string_view member = text.substr(text.size() - kHashMember);
  if (!member.starts_with(kHash) || !member.ends_with(kEnd)) return NoLine("no hash at the end");
  const auto hash = ReadDigest(member.substr(kHash.size(), kHexDigest));
  if (!hash) return NoLine("no hash at the end");
  Line line;
  line.hash = *hash;
  line.hashed = text.substr(0, text.size() - kHashMember);
  if (line.hashed.starts_with(kSegment)) return ReadSegmentLine(line);
  const size_t at = line.hashed.rfind(kSequence);
  if (at == std::string_view::npos) return NoLine("no sequence number");
  const auto sequence = ReadNumber(line.hashed.substr(at + kSequence.size()));
  if (!sequence) return NoLine("no sequence number");
  line.sequence = *sequence;
  return line;
}

}  // namespace sluice::audit
