// storage/testing/credential_services.h -- an HTTP server that plays STS and metadata services, an
// environment that is a map, and a watch over secrets in errors.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"
#include "net/server.h"
#include "net/testing/test_server.h"
#include "storage/s3/credential_sources.h"
#include "storage/testing/temp_folder.h"

namespace sluice::storage::testing {

// What never may be told.
inline constexpr std::string_view kSecretKey = "wJalr/SECRETKEY+EXAMPLE";
inline constexpr std::string_view kSessionToken = "FQoG/SESSIONTOKEN+EXAMPLE==";
inline constexpr std::string_view kWebToken = "eyJh.WEBTOKEN-EXAMPLE.c2ln";
inline constexpr std::string_view kAuthToken = "Bearer AUTHTOKEN-EXAMPLE";
inline constexpr std::string_view kMetadataToken = "METADATATOKEN-EXAMPLE==";

inline const TimePoint kNow = FromUnixMillis(1'700'000'000'000);  // 2023-11-14T22:13:20Z
inline constexpr std::string_view kEnd = "2023-11-14T23:13:20Z";

inline void ExpectNoSecret(std::string_view text) {
  for (const std::string_view part :
       {"SECRETKEY", "SESSIONTOKEN", "WEBTOKEN", "AUTHTOKEN", "METADATATOKEN"}) {
    EXPECT_EQ(text.find(part), std::string_view::npos) << text;
  }
}

// The error of a failure, after a look for secrets in it, and for paths and hosts in its message.
template <class T>
Error ErrorOf(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  if (result.has_value()) return {};
  ExpectNoSecret(result.error().message);
  ExpectNoSecret(result.error().detail);
  for (const std::string_view part : {"/tmp", "127.0.0.1", "169.254", "arn:"}) {
    EXPECT_EQ(result.error().message.find(part), std::string::npos) << result.error().message;
  }
  return result.error();
}

// "403 text", for handlers.
inline net::Response Answer(int status, std::string body = {}) {
  return net::Response::Text(status, "text/plain", std::move(body));
}

class CredentialServices : public ::testing::Test {
 protected:
  using Handler = std::function<net::Response(const net::Request&)>;

  CredentialServices() { environment_["HOME"] = home_.path().string(); }
  ~CredentialServices() override {
    if (server_ != nullptr) server_->Stop();
  }

  // Every request to `path` (without a query) is kept in `asked_` and answered by `handler`.
  void On(const std::string& path, Handler handler) {
    dispatcher_.On(path, [this, handler = std::move(handler)](net::Request& request) {
      {
        const std::lock_guard lock(mutex_);
        asked_.push_back(request);
      }
      return handler(request);
    });
  }
  // Call it after all On().
  void Start() {
    net::ServerOptions options;
    options.io_threads = 1;
    auto server = net::Server::Listen(std::move(options), dispatcher_, system_clock_, metrics_);
    ASSERT_THAT(server, sluice::testing::IsOk());
    server_ = std::move(*server);
    server_->Start();
  }
  std::string Url() const { return server_->url(); }

  CredentialContext Context() {
    CredentialContext context{
        .clock = clock_,
        .environment =
            [this](const std::string& name) {
              const auto found = environment_.find(name);
              return found == environment_.end() ? std::optional<std::string>()
                                                 : std::optional(found->second);
            },
        .http = std::make_shared<net::HttpPool>(net::ClientOptions{.proxy = "none"}),
        .metadata_http = std::make_shared<net::HttpPool>(net::ClientOptions{.proxy = proxy_}),
        .region = "eu-central-1",
        .sts_endpoint = server_ == nullptr ? "" : server_->url()};
    return context;
  }
  std::unique_ptr<CredentialSource> Make(const S3CredentialOptions& options) {
    return MakeCredentialSource(options, Context());
  }
  std::unique_ptr<CredentialSource> Make(S3CredentialOptions::Source source) {
    S3CredentialOptions options;
    options.source = source;
    return Make(options);
  }

  sluice::testing::ManualClock clock_{kNow};
  std::map<std::string, std::string> environment_;
  TempFolder home_;
  std::vector<net::Request> asked_;
  std::string proxy_ = "none";  // of the metadata services

 private:
  SystemClock system_clock_;
  Metrics metrics_;
  std::mutex mutex_;
  net::testing::TestDispatcher dispatcher_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace sluice::storage::testing
