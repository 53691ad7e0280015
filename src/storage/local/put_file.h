// storage/local/put_file.h -- creating a file whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::storage {

// Files of this name are being written (or were left by a crash) and are no objects.
bool IsTemporary(std::string_view name);

// Writes `bytes` to a temporary file beside `key`, flushes it, and gives it its name only if nobody
// has that name. Missing folders are made. `key` must have passed CheckKey.
// Errors: kAlreadyExists, kPermissionDenied, kUnavailable
Status PutFile(int root, const std::string& key, std::string_view bytes);

}  // namespace sluice::storage
