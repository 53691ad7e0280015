// net/tls.h -- which certificate the server shows.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/result.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace sluice::net {

// PEM files. `certificate_chain_file` holds the server's certificate first, then its issuers.
struct TlsOptions {
  std::string certificate_chain_file{};
  std::string private_key_file{};
  std::string password_file{};  // empty: the key is not encrypted
  // A certificate made at start for `localhost` and 127.0.0.1, for trying things out; the files
  // above are then empty.
  bool self_signed = false;
};

// What all TLS connections of a server share: the certificate, TLS 1.2 or newer, "http/1.1" by
// ALPN. Errors: kInvalidArgument  a file cannot be read, is not PEM, the password is wrong, or key
// and
//                           certificate do not belong together; the detail names the file
Result<std::shared_ptr<ssl_ctx_st>> MakeTlsContext(const TlsOptions& options);

// What new connections get; replaced while the server runs. Null: plain connections. Thread-safe.
class CurrentTls {
 public:
  explicit CurrentTls(std::shared_ptr<ssl_ctx_st> first) : context_(std::move(first)) {}

  std::shared_ptr<ssl_ctx_st> Get() const {
    const std::lock_guard lock(mutex_);
    return context_;
  }
  void Set(std::shared_ptr<ssl_ctx_st> next) {
    const std::lock_guard lock(mutex_);
    context_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace sluice::net
