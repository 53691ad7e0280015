#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/crypto/random.h"

namespace sluice::net {
namespace {

constexpr long kSelfSignedDays = 365;

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

std::unexpected<Error> TlsFail(std::string message, std::string_view file = {}) {
  std::array<char, 256> text{};
  const unsigned long code = ERR_peek_error();
  if (code != 0) ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  std::string detail(file);
  if (code != 0) detail.append(detail.empty() ? "" : ": ").append(text.data());
  return Fail(Code::kInvalidArgument, std::move(message), std::move(detail));
}

// The first line of the file.
Result<std::string> ReadPassword(const std::string& file) {
  if (file.empty()) return std::string();
  std::ifstream in(file);
  std::string password;
  if (!in || !std::getline(in, password)) {
    return TlsFail("the password file of the TLS key cannot be read", file);
  }
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

// OpenSSL asks for the password here. Without this it would ask the terminal.
int GivePassword(char* out, int size, int /*writing*/, void* user) {
  const auto& password = *static_cast<const std::string*>(user);
  if (password.size() > static_cast<size_t>(size)) return -1;
  std::copy(password.begin(), password.end(), out);
  return static_cast<int>(password.size());
}

Status UseFiles(SSL_CTX* context, const TlsOptions& options) {
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_chain_file.c_str()) != 1) {
    return TlsFail("the TLS certificate file cannot be used", options.certificate_chain_file);
  }
  std::string password = TRY(ReadPassword(options.password_file));
  const Owned<BIO> file(BIO_new_file(options.private_key_file.c_str(), "r"));
  if (!file) return TlsFail("the TLS key file cannot be read", options.private_key_file);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(file.get(), nullptr, GivePassword, &password));
  OPENSSL_cleanse(password.data(), password.size());
  if (!key) {
    return TlsFail("the TLS key file cannot be used: not a PEM key, or a wrong password",
                   options.private_key_file);
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return TlsFail("the TLS key does not belong to the certificate", options.private_key_file);
  }
  return {};
}

bool AddExtension(X509* certificate, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool Describe(X509* certificate) {
  std::array<unsigned char, 16> serial{};
  SecureRandom().Fill(serial);
  serial[0] &= 0x7f;  // RFC 5280 §4.1.2.2: positive
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr), BN_free);
  X509_NAME* name = X509_get_subject_name(certificate);
  const std::string text = "localhost";
  return number && X509_set_version(certificate, X509_VERSION_3) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
         // A day back: clocks differ.
         X509_gmtime_adj(X509_getm_notBefore(certificate), -86400L) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kSelfSignedDays * 86400L) != nullptr &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 &&
         AddExtension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         AddExtension(certificate, NID_subject_alt_name,
                      "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1") &&
         AddExtension(certificate, NID_key_usage, "critical,digitalSignature") &&
         AddExtension(certificate, NID_ext_key_usage, "serverAuth");
}

Status UseSelfSigned(SSL_CTX* context) {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Owned<X509> certificate(X509_new());
  if (!key || !certificate || !Describe(certificate.get()) ||
      X509_set_pubkey(certificate.get(), key.get()) != 1 ||
      X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0 ||
      SSL_CTX_use_certificate(context, certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return TlsFail("no self-signed certificate could be made");
  }
  return {};
}

int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11.data(), kHttp11.size(), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::shared_ptr<ssl_ctx_st>> MakeTlsContext(const TlsOptions& options) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return TlsFail("TLS is not available");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Writes are retried from where the socket stopped, and an idle connection holds no buffers.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  // Clients resume by ticket; the server remembers nothing.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  TRY(options.self_signed ? UseSelfSigned(context.get()) : UseFiles(context.get(), options));
  return context;
}

}  // namespace sluice::net
