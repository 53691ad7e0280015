#include "storage/s3/credentials.h"

#include "base/crypto/crypto.h"

namespace sluice::storage {

Credentials::~Credentials() {
  crypto::Wipe(secret_access_key);
  crypto::Wipe(session_token);
}

}  // namespace sluice::storage
