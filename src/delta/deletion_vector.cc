#include "delta/deletion_vector.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "base/encoding.h"

namespace sluice::delta {
namespace {

constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr size_t kEncodedUuid = 20;

std::unexpected<Error> Corrupt() {
  return Fail(Code::kCorrupt, "The table's log is broken: a deletion vector's name is malformed.");
}

}  // namespace

std::string DeletionVector::UniqueId() const {
  std::string id(1, storage_type);
  id += path_or_inline;
  if (offset) id += fmt::format("@{}", *offset);
  return id;
}

Result<std::string> DecodeZ85(std::string_view text) {
  if (text.size() % 5 != 0) return Corrupt();
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 5) {
    uint64_t value = 0;
    for (size_t j = 0; j < 5; ++j) {
      const size_t digit = kZ85.find(text[i + j]);
      if (digit == std::string_view::npos) return Corrupt();
      value = value * 85 + digit;
    }
    if (value > UINT32_MAX) return Corrupt();
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  }
  return bytes;
}

Result<std::string> DeletionVectorPath(const DeletionVector& vector) {
  if (vector.storage_type != 'u') {
    return Fail(
        Code::kUnsupported,
        "The table refers to a deletion vector outside of its own folder, which this server "
        "does not share.");
  }
  const std::string& text = vector.path_or_inline;
  if (text.size() < kEncodedUuid) return Corrupt();
  const std::string_view prefix = std::string_view(text).substr(0, text.size() - kEncodedUuid);
  std::string uuid = Hex(TRY(DecodeZ85(std::string_view(text).substr(text.size() - kEncodedUuid))));
  for (const size_t at : {8U, 13U, 18U, 23U}) uuid.insert(at, 1, '-');
  const std::string file = fmt::format("deletion_vector_{}.bin", uuid);
  return prefix.empty() ? file : fmt::format("{}/{}", PercentEncode(prefix), file);
}

}  // namespace sluice::delta
