// base/crypto/uuid.h -- ids that nobody has given before.
#pragma once

#include <string>

#include "base/crypto/random.h"

namespace sluice::crypto {

// RFC 9562 §5.4 (version 4). Lower case, with dashes.
std::string RandomUuid(Random& random);

}  // namespace sluice::crypto
