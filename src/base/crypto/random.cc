#include "base/crypto/random.h"

#include <openssl/rand.h>

#include <cstdlib>

namespace sluice {

std::string Random::Bytes(size_t count) {
  std::string bytes(count, '\0');
  Fill({reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()});
  return bytes;
}

void SecureRandom::Fill(std::span<unsigned char> out) {
  // Without randomness no token or nonce is safe: there is nothing sensible left to do.
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) std::abort();
}

}  // namespace sluice
