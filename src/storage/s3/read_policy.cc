#include "storage/s3/read_policy.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <optional>

#include "base/json.h"

namespace sluice::storage {
namespace {

constexpr size_t kLongestPolicy = 2048;  // characters, of STS

std::unexpected<Error> CannotName(std::string_view why) {
  return Fail(Code::kUnsupported,
              fmt::format("no policy of the store can name the folder of the table: {}", why));
}

// "aws", "aws-cn", "aws-us-gov": that of the role. Other stores' roles may have any, but their
// buckets have Amazon's first.
std::string_view PartitionOf(std::string_view role_arn) {
  constexpr std::string_view kPrefix = "arn:";
  if (!role_arn.starts_with(kPrefix)) return "aws";
  const std::string_view partition =
      role_arn.substr(kPrefix.size(), role_arn.find(':', kPrefix.size()) - kPrefix.size());
  return partition.starts_with("aws-") ? partition : "aws";
}

// The code point at `at`, which is set behind it. Nothing: no UTF-8.
std::optional<uint32_t> NextCodePoint(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  const bool begins = first < 0x80 || (first >= 0xC2 && first <= 0xF4);
  if (!begins || text.size() - at < length) return std::nullopt;
  uint32_t point = length == 1 ? first : first & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80) return std::nullopt;
    point = (point << 6U) | (byte(at + i) & 0x3FU);
  }
  // A longer form than the shortest would smuggle in what was looked for above.
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point < 0xE000;
  if (point < kLeast[length] || surrogate || point > 0x10FFFF) return std::nullopt;
  at += length;
  return point;
}

// JSON that was written, with all but ASCII escaped.
std::optional<std::string> AsAscii(std::string_view json) {
  std::string out;
  for (size_t at = 0; at < json.size();) {
    const auto point = NextCodePoint(json, at);
    if (!point.has_value()) return std::nullopt;
    if (*point < 0x80) {
      out += static_cast<char>(*point);
    } else if (*point < 0x10000) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", *point);
    } else {
      const uint32_t pair = *point - 0x10000;
      fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xD800 + (pair >> 10U),
                     0xDC00 + (pair & 0x3FFU));
    }
  }
  return out;
}

json::Object Allow(std::string_view action, std::string resource) {
  return {{"Effect", "Allow"}, {"Action", action}, {"Resource", std::move(resource)}};
}

}  // namespace

Result<std::string> ReadPolicy(std::string_view bucket, std::string_view path,
                               const DirectoryAccess& access) {
  const std::string folder = path.empty() ? std::string() : std::string(path) + '/';
  if (folder.find_first_of("*?") != std::string::npos || folder.find("${") != std::string::npos) {
    return CannotName("'*', '?' and '${' have a meaning in policies");
  }
  const std::string arn = fmt::format("arn:{}:s3:::{}", PartitionOf(access.role_arn), bucket);
  json::Object list = Allow("s3:ListBucket", arn);
  list["Condition"] = json::Object{{"StringLike", json::Object{{"s3:prefix", folder + '*'}}}};
  json::Array statements = {Allow("s3:GetObject", fmt::format("{}/{}*", arn, folder)),
                            std::move(list)};
  if (!access.kms_key_arn.empty()) {
    statements.push_back(Allow("kms:Decrypt", access.kms_key_arn));
  }
  const auto text = AsAscii(json::Serialize(
      json::Object{{"Version", "2012-10-17"}, {"Statement", std::move(statements)}}));
  if (!text.has_value()) return CannotName("it is no UTF-8");
  if (text->size() > kLongestPolicy) {
    return CannotName(fmt::format("the policy would have {} characters, and {} are allowed",
                                  text->size(), kLongestPolicy));
  }
  return *text;
}

}  // namespace sluice::storage
