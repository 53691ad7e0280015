#include "server/master_key.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

#include "server/operator_file.h"

namespace sluice::server {
namespace {

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::optional<std::string> FromHex(std::string_view text) {
  if (text.size() != 2 * kMasterKeyBytes) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

Result<MasterKey> FromFile(const std::string& path) {
  Result<FileText> file = ReadOperatorFile(path, KiB(64));
  if (!file.has_value()) {
    return Fail(Code::kInvalidArgument, "masterKeyFile: " + file.error().message);
  }
  if ((file->mode & 077) != 0) {
    return Fail(
        Code::kInvalidArgument,
        fmt::format("masterKeyFile: {} can be read or written by others (mode {:04o}); run: "
                    "chmod 600 {}",
                    path, file->mode & 07777, path));
  }
  if (file->bytes.size() != kMasterKeyBytes) {
    return Fail(
        Code::kInvalidArgument,
        fmt::format("masterKeyFile: {} has {} bytes; it must have exactly {}, as 'head -c {} "
                    "/dev/urandom' writes them",
                    path, file->bytes.size(), kMasterKeyBytes, kMasterKeyBytes));
  }
  return MasterKey{.bytes = std::move(file->bytes), .source = MasterKey::Source::kFile};
}

}  // namespace

Result<MasterKey> LoadMasterKey(const std::string& file, const char* environment, Random& random) {
  if (!file.empty()) return FromFile(file);
  if (environment != nullptr && *environment != '\0') {
    std::optional<std::string> bytes = FromHex(environment);
    if (!bytes) {
      return Fail(Code::kInvalidArgument, fmt::format("{} must have {} hex digits",
                                                      kMasterKeyVariable, 2 * kMasterKeyBytes));
    }
    return MasterKey{.bytes = *std::move(bytes), .source = MasterKey::Source::kEnvironment};
  }
  return MasterKey{.bytes = random.Bytes(kMasterKeyBytes), .source = MasterKey::Source::kThisStart};
}

}  // namespace sluice::server
