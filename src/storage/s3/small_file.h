// storage/s3/small_file.h -- files of credentials: read whole, within a limit.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::storage {

inline constexpr ByteCount kMaxCredentialFile = MiB(1);

// Nothing: there is no such file. `what` is what messages call it: "the shared credentials file".
// The caller wipes what it read.
// Errors: kPermissionDenied  it cannot be read, or is larger than kMaxCredentialFile
Result<std::optional<std::string>> ReadSmallFile(const std::string& path, std::string_view what);

}  // namespace sluice::storage
