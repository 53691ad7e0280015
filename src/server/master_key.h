// server/master_key.h -- the one secret from which links, page tokens and other keys are derived.
#pragma once

#include <string>

#include "base/crypto/random.h"
#include "base/result.h"

namespace sluice::server {

inline constexpr size_t kMasterKeyBytes = 32;
inline constexpr const char* kMasterKeyVariable = "SLUICE_MASTER_KEY";

struct MasterKey {
  enum class Source { kFile, kEnvironment, kThisStart };
  std::string bytes;  // kMasterKeyBytes of them
  Source source;      // kThisStart: what is derived from it ends with the process; say so at start
};

// `file` (the setting masterKeyFile; empty: none) goes before `environment` (the variable's value;
// null or empty: not set), which goes before a random key. The file must hold exactly 32 bytes and
// be readable by its owner only; the variable has 64 hex digits. Neither ever stands in a message.
// Errors: kInvalidArgument  file or variable cannot be used; never falls back to the next source
Result<MasterKey> LoadMasterKey(const std::string& file, const char* environment, Random& random);

}  // namespace sluice::server
