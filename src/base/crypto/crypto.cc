#include "base/crypto/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <type_traits>

#include "base/encoding.h"

namespace sluice::crypto {
namespace {

constexpr size_t kNonceSize = 12;
constexpr size_t kTagSize = 16;

// OpenSSL failing on valid input is not an event that a request can answer.
void Require(bool ok) {
  if (!ok) std::abort();
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

struct CipherDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter>;

std::string FormatUuid(std::array<unsigned char, 16> bytes, unsigned version) {
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | version << 4);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text = Hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace

bool ConstantTimeEquals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void Wipe(std::string& secret) {
  secret.resize(secret.capacity());
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

// The two SHA-256 states behind the padded keys, so that a signature costs no key set-up and no
// allocation: a query signs one link per file. OpenSSL's EVP_MAC takes five times as long here.
struct Hmac::State {
  SHA256_CTX inner;
  SHA256_CTX outer;
};

// SHA256_* are the only functions of OpenSSL 3 whose state can be copied without an allocation.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
Digest Sha256(std::string_view bytes) {
  Digest digest;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

// Keeps OpenSSL's type out of the header without an allocation.
struct Sha256Stream::Access {
  static_assert(sizeof(SHA256_CTX) == sizeof(state_) && alignof(SHA256_CTX) <= alignof(uint64_t));
  static_assert(std::is_trivially_copyable_v<SHA256_CTX>);
  static SHA256_CTX* Of(Sha256Stream& stream) {
    return std::launder(reinterpret_cast<SHA256_CTX*>(stream.state_.data()));
  }
};

Sha256Stream::Sha256Stream() { SHA256_Init(new (state_.data()) SHA256_CTX); }

Sha256Stream& Sha256Stream::Add(std::string_view bytes) {
  SHA256_Update(Access::Of(*this), bytes.data(), bytes.size());
  return *this;
}

Digest Sha256Stream::Finish() {
  Digest digest;
  SHA256_Final(digest.data(), Access::Of(*this));
  return digest;
}

Hmac::Hmac(std::string_view key) : state_(std::make_unique<State>()) {
  std::array<unsigned char, SHA256_CBLOCK> block{};
  const Digest hashed = Sha256(key);
  const std::string_view used = key.size() > block.size() ? View(hashed) : key;
  for (size_t i = 0; i < used.size(); ++i) block[i] = static_cast<unsigned char>(used[i]);
  for (unsigned char& byte : block) byte ^= 0x36;
  SHA256_Init(&state_->inner);
  SHA256_Update(&state_->inner, block.data(), block.size());
  for (unsigned char& byte : block) byte ^= 0x36 ^ 0x5c;
  SHA256_Init(&state_->outer);
  SHA256_Update(&state_->outer, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
}

Digest Hmac::Sign(std::string_view message) {
  Digest digest;
  SHA256_CTX context = state_->inner;
  SHA256_Update(&context, message.data(), message.size());
  SHA256_Final(digest.data(), &context);
  context = state_->outer;
  SHA256_Update(&context, digest.data(), digest.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

Hmac Hmac::After(std::string_view prefix) const {
  Hmac after = *this;
  SHA256_Update(&after.state_->inner, prefix.data(), prefix.size());
  return after;
}
#pragma GCC diagnostic pop

Hmac::~Hmac() {
  if (state_) OPENSSL_cleanse(state_.get(), sizeof(State));
}
Hmac::Hmac(const Hmac& other) : state_(std::make_unique<State>(*other.state_)) {}
Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;

std::string Hkdf(std::string_view master_key, std::string_view label, size_t length) {
  std::string out(length, '\0');
  EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  Require(kdf != nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kdf);
  EVP_KDF_free(kdf);
  Require(context != nullptr);
  std::string digest = "SHA256";
  std::string key(master_key);
  std::string info(label);
  const std::array<OSSL_PARAM, 4> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  Require(EVP_KDF_derive(context, Bytes(out), out.size(), params.data()) == 1);
  EVP_KDF_CTX_free(context);
  OPENSSL_cleanse(key.data(), key.size());
  return out;
}

std::string Seal(std::string_view key, std::string_view plain, std::string_view context,
                 Random& random) {
  Require(key.size() == 32);
  std::string out = random.Bytes(kNonceSize);
  out.resize(kNonceSize + plain.size() + kTagSize);
  const CipherContext cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  Require(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(out)) ==
          1);
  Require(EVP_EncryptUpdate(cipher.get(), nullptr, &length, Bytes(context),
                            static_cast<int>(context.size())) == 1);
  Require(EVP_EncryptUpdate(cipher.get(), Bytes(out) + kNonceSize, &length, Bytes(plain),
                            static_cast<int>(plain.size())) == 1);
  Require(EVP_EncryptFinal_ex(cipher.get(), Bytes(out) + kNonceSize + length, &length) == 1);
  Require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagSize,
                              Bytes(out) + kNonceSize + plain.size()) == 1);
  return out;
}

Result<std::string> Open(std::string_view key, std::string_view sealed, std::string_view context) {
  Require(key.size() == 32);
  if (sealed.size() < kNonceSize + kTagSize)
    return Fail(Code::kInvalidArgument, "sealed text is too short");
  const std::string_view body = sealed.substr(kNonceSize, sealed.size() - kNonceSize - kTagSize);
  std::string tag(sealed.substr(sealed.size() - kTagSize));
  std::string plain(body.size(), '\0');
  const CipherContext cipher(EVP_CIPHER_CTX_new());
  int length = 0;
  Require(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(sealed)) ==
          1);
  Require(EVP_DecryptUpdate(cipher.get(), nullptr, &length, Bytes(context),
                            static_cast<int>(context.size())) == 1);
  Require(EVP_DecryptUpdate(cipher.get(), Bytes(plain), &length, Bytes(body),
                            static_cast<int>(body.size())) == 1);
  Require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(cipher.get(), Bytes(plain) + length, &length) != 1) {
    return Fail(Code::kInvalidArgument, "sealed text does not fit this key or context");
  }
  return plain;
}

std::string UuidV5(std::span<const unsigned char, 16> namespace_uuid, std::string_view name) {
  std::string input(reinterpret_cast<const char*>(namespace_uuid.data()), namespace_uuid.size());
  input += name;
  std::array<unsigned char, 20> digest;
  Require(EVP_Digest(input.data(), input.size(), digest.data(), nullptr, EVP_sha1(), nullptr) == 1);
  std::array<unsigned char, 16> bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return FormatUuid(bytes, 5);
}

}  // namespace sluice::crypto
