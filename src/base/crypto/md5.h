// base/crypto/md5.h -- MD5 sums, for comparing with what stores send. No protection against
// anybody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::crypto {

// Lower-case hex. Nothing: this OpenSSL has no MD5 (FIPS).
std::optional<std::string> Md5Hex(std::string_view bytes);
// Of a file from its beginning to its end. Nothing: as above, or it cannot be read.
std::optional<std::string> Md5HexOfFile(int fd);

}  // namespace sluice::crypto
