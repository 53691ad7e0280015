// base/crypto/crypto.h -- the few primitives the project uses, over OpenSSL.
//
// All functions are thread-safe. A failure of OpenSSL itself (out of memory, a provider that is not
// loaded) ends the process: going on without cryptography would not be safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/crypto/random.h"
#include "base/result.h"

namespace sluice::crypto {

using Digest = std::array<unsigned char, 32>;

inline std::string_view View(const Digest& d) {
  return {reinterpret_cast<const char*>(d.data()), d.size()};
}

Digest Sha256(std::string_view bytes);

// SHA-256 of text that comes in pieces; allocates nothing. A copy goes on from where the original
// stands, so that a common beginning is hashed once.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream& Add(std::string_view bytes);
  // The last call.
  Digest Finish();

 private:
  struct Access;
  alignas(uint64_t) std::array<std::byte, 112> state_;
};

// Overwrites the text, the unused end of its memory included, and empties it.
void Wipe(std::string& secret);

// True when both are equal; takes the same time wherever they differ. Lengths are not secret.
bool ConstantTimeEquals(std::string_view a, std::string_view b);

// HMAC-SHA256 with the key prepared once (RFC 2104). Copies of one object may be used by several
// threads; one object by one thread at a time.
class Hmac {
 public:
  explicit Hmac(std::string_view key);
  ~Hmac();
  Hmac(const Hmac& other);
  Hmac(Hmac&&) noexcept;
  Hmac& operator=(const Hmac&) = delete;
  Hmac& operator=(Hmac&&) noexcept;

  Digest Sign(std::string_view message);
  // One whose Sign(m) is Sign(prefix + m) of this one; the prefix is hashed here, once.
  Hmac After(std::string_view prefix) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// HKDF-SHA256 (RFC 5869) with an empty salt: one key per label from the master key.
std::string Hkdf(std::string_view master_key, std::string_view label, size_t length = 32);

// AES-256-GCM. Output: 12-byte nonce, ciphertext, 16-byte tag. `context` is authenticated, not
// carried. `key` is 32 bytes.
std::string Seal(std::string_view key, std::string_view plain, std::string_view context,
                 Random& random);
// Errors: kInvalidArgument  not sealed by this key for this context, or altered
Result<std::string> Open(std::string_view key, std::string_view sealed, std::string_view context);

// Name-based UUID (RFC 9562 §5.5): the same name in the same namespace gives the same id.
// `namespace_uuid` is 16 bytes. Lower case, with dashes.
std::string UuidV5(std::span<const unsigned char, 16> namespace_uuid, std::string_view name);

}  // namespace sluice::crypto
