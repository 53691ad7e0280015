#include "delta/deletion_vector.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "base/encoding.h"
#include "delta/log_path.h"

namespace sluice::delta {
namespace {

constexpr std::string_view kAlphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr uint64_t kBase = 85;
constexpr size_t kEncodedUuid = 20;

std::unexpected<Error> Broken(std::string_view text) {
  return Fail(Code::kCorrupt, "the table's log holds a broken deletion vector descriptor",
              std::string(text));
}

}  // namespace

std::string DeletionVector::UniqueId() const {
  std::string id(1, storage_type);
  id += path_or_inline;
  if (offset.has_value()) fmt::format_to(std::back_inserter(id), "@{}", *offset);
  return id;
}

Result<std::string> DecodeZ85(std::string_view text) {
  constexpr size_t kGroup = 5;
  if (text.size() % kGroup != 0) return Broken(text);
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += kGroup) {
    uint64_t value = 0;
    for (const char c : text.substr(i, kGroup)) {
      const size_t digit = kAlphabet.find(c);
      if (digit == std::string_view::npos) return Broken(text);
      value = value * kBase + digit;
    }
    if (value > UINT32_MAX) return Broken(text);
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift & 0xff);
  }
  return bytes;
}

Result<std::string> DeletionVectorPath(const DeletionVector& vector) {
  if (vector.storage_type == 'i') {
    return Fail(Code::kInvalidArgument, "an inline deletion vector has no file");
  }
  if (vector.storage_type == 'p') {
    if (!IsAbsolutePath(vector.path_or_inline)) return Broken(vector.path_or_inline);
    return vector.path_or_inline;
  }
  const std::string_view text = vector.path_or_inline;
  if (vector.storage_type != 'u' || text.size() < kEncodedUuid) return Broken(text);
  const std::string_view prefix = text.substr(0, text.size() - kEncodedUuid);
  const std::string hex = Hex(TRY(DecodeZ85(text.substr(prefix.size()))));
  const std::string_view h = hex;
  std::string path = PercentEncode(prefix);
  if (!path.empty()) path += '/';
  return path + fmt::format("deletion_vector_{}-{}-{}-{}-{}.bin", h.substr(0, 8), h.substr(8, 4),
                            h.substr(12, 4), h.substr(16, 4), h.substr(20));
}

}  // namespace sluice::delta
