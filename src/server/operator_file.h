// server/operator_file.h -- the operator's small files: configuration and keys.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::server {

struct FileText {
  std::string bytes;
  mode_t mode = 0;  // as stat(2) says it, of the file that was read
};

// The whole file or pipe. Messages name the path: they are for the operator.
// Errors: kNotFound, kPermissionDenied  there is no such file, or we may not read it
//         kInvalidArgument              it is larger than `limit`
Result<FileText> ReadOperatorFile(const std::string& path, ByteCount limit);

}  // namespace sluice::server
