#include "base/crypto/md5.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "base/encoding.h"

namespace sluice::crypto {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

Context NewMd5() {
  Context context(EVP_MD_CTX_new());
  if (context && EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) != 1) context.reset();
  return context;
}

std::optional<std::string> Finish(const Context& context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned length = 0;
  if (EVP_DigestFinal_ex(context.get(), sum.data(), &length) != 1) return std::nullopt;
  return Hex({reinterpret_cast<const char*>(sum.data()), length});
}

}  // namespace

std::optional<std::string> Md5Hex(std::string_view bytes) {
  const Context context = NewMd5();
  if (!context || EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1) {
    return std::nullopt;
  }
  return Finish(context);
}

std::optional<std::string> Md5HexOfFile(int fd) {
  const Context context = NewMd5();
  if (!context) return std::nullopt;
  std::vector<char> piece(1 << 18);
  off_t offset = 0;
  while (true) {
    const ssize_t got = ::pread(fd, piece.data(), piece.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return Finish(context);
    EVP_DigestUpdate(context.get(), piece.data(), static_cast<size_t>(got));
    offset += got;
  }
}

}  // namespace sluice::crypto
