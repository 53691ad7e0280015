#include "net/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/testing/matchers.h"
#include "net/testing/test_server.h"

namespace sluice::net::testing {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;

class TlsTest : public ServerTest {
 protected:
  TlsTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("sluice_tls_test_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~TlsTest() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  // The self-signed certificate and its key as PEM files; the key under `password`, if any.
  TlsOptions Files(const std::string& name, std::string password = {}) {
    const auto context = MakeTlsContext({.self_signed = true}).value();
    TlsOptions options;
    options.certificate_chain_file = folder_ / (name + ".crt");
    options.private_key_file = folder_ / (name + ".key");
    BIO* certificate = BIO_new_file(options.certificate_chain_file.c_str(), "w");
    PEM_write_bio_X509(certificate, SSL_CTX_get0_certificate(context.get()));
    BIO_free(certificate);
    BIO* key = BIO_new_file(options.private_key_file.c_str(), "w");
    PEM_write_bio_PKCS8PrivateKey(key, SSL_CTX_get0_privatekey(context.get()),
                                  password.empty() ? nullptr : EVP_aes_256_cbc(), password.data(),
                                  static_cast<int>(password.size()), nullptr, nullptr);
    BIO_free(key);
    return options;
  }

  std::filesystem::path folder_;
  std::shared_ptr<SSL_CTX> client_context_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
};

TEST_F(TlsTest, TakesFilesWithAndWithoutAPassword) {
  EXPECT_THAT(MakeTlsContext(Files("plain")), IsOk());
  TlsOptions options = Files("locked", "open sesame");
  options.password_file = File("password", "open sesame\n");
  EXPECT_THAT(MakeTlsContext(options), IsOk());
  options.password_file = File("password.dos", "open sesame\r\n");
  EXPECT_THAT(MakeTlsContext(options), IsOk());
}

TEST_F(TlsTest, RefusesFilesThatDoNotFit) {
  const TlsOptions good = Files("good");
  TlsOptions options = good;
  options.private_key_file = Files("other").private_key_file;
  EXPECT_THAT(MakeTlsContext(options), IsError(Code::kInvalidArgument, "does not belong"));
  options = good;
  options.certificate_chain_file = "/nonexistent.crt";
  const auto missing = MakeTlsContext(options);
  EXPECT_THAT(missing, IsError(Code::kInvalidArgument, "certificate"));
  EXPECT_EQ(missing.error().message.find("nonexistent"), std::string::npos);
  EXPECT_NE(missing.error().detail.find("/nonexistent.crt"), std::string::npos);
  options = good;
  options.certificate_chain_file = File("garbage", "hello");
  EXPECT_THAT(MakeTlsContext(options), IsError(Code::kInvalidArgument));
  options = good;
  options.private_key_file = File("garbage", "hello");
  EXPECT_THAT(MakeTlsContext(options), IsError(Code::kInvalidArgument, "not a PEM key"));
  EXPECT_THAT(MakeTlsContext({}), IsError(Code::kInvalidArgument));
}

TEST_F(TlsTest, AWrongOrMissingPasswordIsAnErrorAndNoQuestion) {
  TlsOptions options = Files("locked", "open sesame");
  EXPECT_THAT(MakeTlsContext(options), IsError(Code::kInvalidArgument, "wrong password"));
  options.password_file = File("password", "shut");
  EXPECT_THAT(MakeTlsContext(options), IsError(Code::kInvalidArgument, "wrong password"));
  options.password_file = "/nonexistent";
  EXPECT_THAT(MakeTlsContext(options), IsError(Code::kInvalidArgument, "password file"));
}

TEST_F(TlsTest, TheSelfSignedCertificateIsForThisMachineOnly) {
  const auto context = MakeTlsContext({.self_signed = true}).value();
  X509* certificate = SSL_CTX_get0_certificate(context.get());
  EXPECT_EQ(X509_check_host(certificate, "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate, "::1", 0), 1);
  EXPECT_NE(X509_check_host(certificate, "example.com", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ca(certificate), 0);
  EXPECT_EQ(X509_cmp_current_time(X509_get0_notBefore(certificate)), -1);
  EXPECT_EQ(X509_cmp_current_time(X509_get0_notAfter(certificate)), 1);
}

TEST_F(TlsTest, ServesAClientThatChecksTheCertificate) {
  dispatcher_.On("/echo", [](Request& request) {
    return Response::Text(200, "text/plain", (request.tls ? "tls " : "plain ") + request.body);
  });
  dispatcher_.On("/mem/stream", [](Request&) { return Stream(Pattern(700'000), 50'000); });
  ServerOptions options;
  options.tls = Files("server");
  Start(options);
  SSL_CTX_set_verify(client_context_.get(), SSL_VERIFY_PEER, nullptr);
  ASSERT_EQ(
      SSL_CTX_load_verify_file(client_context_.get(), options.tls->certificate_chain_file.c_str()),
      1);
  constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";
  SSL_CTX_set_alpn_protos(client_context_.get(), kProtocols, sizeof kProtocols - 1);
  X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(client_context_.get()), "localhost", 0);
  Client client = Connect();
  ASSERT_TRUE(client.StartTls(client_context_.get()));
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");

  const std::string body = Pattern(300'000);
  client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n" + body);
  EXPECT_EQ(client.ReadAnswer().body, "tls " + body);
  EXPECT_EQ(client.Get("/mem/stream").body, Pattern(700'000));
  EXPECT_TRUE(server_->url().starts_with("https://127.0.0.1:")) << server_->url();

  client.Send("GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().status, 200);
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsTest, AReplacedCertificateIsShownToNewConnections) {
  dispatcher_.On("/mem", [](Request&) { return Response::Text(200, "text/plain", "here"); });
  ServerOptions options;
  options.tls = Files("first");
  Start(options);
  Client before = Connect();
  ASSERT_TRUE(before.StartTls(client_context_.get()));
  const auto next = MakeTlsContext(Files("next")).value();
  server_->ReplaceTls(next);
  Client after = Connect();
  ASSERT_TRUE(after.StartTls(client_context_.get()));
  const auto shows = [&](Client& client) {
    const std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get1_peer_certificate(client.ssl()),
                                                           X509_free);
    return X509_cmp(peer.get(), SSL_CTX_get0_certificate(next.get())) == 0;
  };
  EXPECT_FALSE(shows(before));
  EXPECT_TRUE(shows(after));
  EXPECT_EQ(before.Get("/mem").body, "here");
  EXPECT_EQ(after.Get("/mem").body, "here");
}

TEST_F(TlsTest, OldProtocolsAndPlainTextAreTurnedAway) {
  ServerOptions options;
  options.tls = TlsOptions{.self_signed = true};
  options.header_timeout = Millis{100};
  Start(options);
  SSL_CTX_set_max_proto_version(client_context_.get(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(client_context_.get(), 0);
  Client old = Connect();
  EXPECT_FALSE(old.StartTls(client_context_.get()));
  Client plain = Connect();
  plain.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(plain.ReadToEnd().find("HTTP/1.1"), std::string::npos);
  Client silent = Connect();  // a handshake has the time of a header
  EXPECT_TRUE(silent.AtEnd());
}

// A pipelined second request may sit decrypted in OpenSSL while the socket has nothing to read.
TEST_F(TlsTest, RequestsInOneRecordAreAllAnswered) {
  dispatcher_.On("/echo",
                 [](Request& request) { return Response::Text(200, "text/plain", request.body); });
  ServerOptions options;
  options.tls = TlsOptions{.self_signed = true};
  Start(options);
  Client client = Connect();
  ASSERT_TRUE(client.StartTls(client_context_.get()));
  std::string requests;
  for (const char c : std::string_view("abc")) {
    requests += "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n" + std::string(1, c);
  }
  client.Send(requests);
  for (const char c : std::string_view("abc")) {
    EXPECT_EQ(client.ReadAnswer().body, std::string(1, c));
  }
}

}  // namespace
}  // namespace sluice::net::testing
