#include "server/services.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"
#include "net/http_client.h"
#include "server/serve_config.h"
#include "storage/testing/temp_folder.h"

namespace sluice::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsError;
using testing::IsOk;
using testing::IsOkAnd;

class ServicesTest : public ::testing::Test {
 protected:
  ServicesTest() { log::SetLevel(log::Level::kOff); }

  // `table` is shared under `token`; `more` are lines of the file.
  static Config Parse(std::string_view table, std::string_view token, std::string_view more = {}) {
    const auto config =
        ParseConfig(fmt::format("version: 1\nhost: 127.0.0.1\nport: 0\naccessLog: 'off'\n"
                                "cacheDirectory: 'off'\nauthorization: {{bearerToken: {}}}\n"
                                "shares: [{{name: s, schemas: [{{name: d, tables: "
                                "[{{name: {}, location: /nowhere}}]}}]}}]\n{}",
                                token, table, more),
                    "f.yaml");
    EXPECT_THAT(config, IsOk());
    return config.value_or(Config{});
  }

  void Start(const Config& config) {
    auto built = Services::Build(config, {});
    ASSERT_THAT(built, IsOk());
    services_ = *std::move(built);
    services_->Start();
  }

  // The status of GET for a table's description.
  int Ask(std::string_view table, std::string_view token) {
    net::ClientRequest request;
    request.url = fmt::format("{}/shares/s/schemas/d/tables/{}", services_->endpoint(), table);
    request.headers.Add("Authorization", fmt::format("Bearer {}", token));
    const auto answer = client_.Call(request);
    EXPECT_THAT(answer, IsOk());
    return answer.has_value() ? answer->status : 0;
  }

  storage::testing::TempFolder folder_;
  std::unique_ptr<Services> services_;
  net::HttpClient client_;
};

TEST_F(ServicesTest, SharesAndTokensChangeForTheNextRequest) {
  Start(Parse("one", "old"));
  EXPECT_EQ(Ask("one", "old"), 200);
  EXPECT_EQ(Ask("two", "old"), 404);
  EXPECT_THAT(services_->Reconfigure(Parse("two", "new")), IsOkAnd(IsEmpty()));
  EXPECT_EQ(Ask("two", "new"), 200);
  EXPECT_EQ(Ask("one", "new"), 404);
  EXPECT_EQ(Ask("two", "old"), 401);
}

TEST_F(ServicesTest, WhatWaitsKeepsItsValueAndIsNamedEachTime) {
  Start(Parse("one", "t"));
  const Config changed = Parse("two", "t", "endpoint: /elsewhere\nworkers: 2\n");
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(services_->Reconfigure(changed), IsOkAnd(ElementsAre("endpoint", "workers")));
    EXPECT_EQ(Ask("two", "t"), 200);
  }
  EXPECT_THAT(services_->endpoint(), HasSubstr("/delta-sharing"));
}

TEST_F(ServicesTest, AConfigurationThatCannotBePutToWorkChangesNothing) {
  Start(Parse("one", "old"));
  Config keyless = Parse("two", "new");
  keyless.settings.master_key_file = folder_ / "none";
  EXPECT_THAT(services_->Reconfigure(keyless), IsError(Code::kInvalidArgument, "masterKeyFile"));
  Config open = Parse("two", "new");
  open.settings.bearer_token.clear();
  EXPECT_THAT(services_->Reconfigure(open), IsError(Code::kInvalidArgument, "bearerToken"));
  Config twice = Parse("two", "new");
  twice.shares.push_back(twice.shares[0]);
  EXPECT_THAT(services_->Reconfigure(twice), IsError(Code::kAlreadyExists));
  EXPECT_EQ(Ask("one", "old"), 200);
  EXPECT_EQ(Ask("one", "new"), 401);
  EXPECT_THAT(services_->Reconfigure(Parse("two", "new")), IsOkAnd(IsEmpty()));
}

TEST_F(ServicesTest, TlsIsNeitherBegunNorEndedWhileRunning) {
  Start(Parse("one", "t"));
  const Config changed = Parse("two", "t", "ssl: {certificateFile: /c, certificateKeyFile: /k}\n");
  EXPECT_THAT(services_->Reconfigure(changed), IsOkAnd(ElementsAre("ssl")));
  EXPECT_EQ(Ask("two", "t"), 200);
}

// A self-signed certificate is of its start; files that are named in its place wait for the next.
TEST_F(ServicesTest, CertificateFilesThatCannotBeUsedChangeNothing) {
  Start(Parse("one", "t", "ssl: {selfSigned: true}\n"));
  const auto to_files = services_->Reconfigure(
      Parse("two", "t", "ssl: {certificateFile: /c, certificateKeyFile: /k}\n"));
  EXPECT_THAT(to_files, IsOkAnd(ElementsAre("ssl.selfSigned")));
}

TEST_F(ServicesTest, ReloadConfigTakesTheFileAndCountsIt) {
  const auto write = [&](std::string_view text) {
    folder_.Write("f.yaml", fmt::format("version: 1\nhost: 127.0.0.1\nport: 1\naccessLog: 'off'\n"
                                        "cacheDirectory: 'off'\n{}",
                                        text));
  };
  write("authorization: {bearerToken: old}\nshares: []\n");
  const ServeCommand command{
      .config_path = folder_ / "f.yaml", .port = uint16_t{0}, .log_level = "off"};
  const auto config = LoadServeConfig(command);
  ASSERT_THAT(config, IsOk());
  // The command line goes before the file.
  EXPECT_EQ(config->settings.port, 0);
  Start(*config);
  write("authorization: {bearerToken: new}\nshares: [{name: s}]\n");
  EXPECT_TRUE(ReloadConfig(command, *services_));
  EXPECT_EQ(Ask("t", "old"), 401);
  EXPECT_EQ(Ask("t", "new"), 404);
  write("authorization: {bearerToken: newer}\nshares: [{name: s}]\nprot: 1\n");
  EXPECT_FALSE(ReloadConfig(command, *services_));
  EXPECT_EQ(Ask("t", "new"), 404);
  const std::string metrics = services_->metrics().Render();
  EXPECT_THAT(metrics, HasSubstr(R"(sluice_config_reloads_total{result="taken"} 1)"));
  EXPECT_THAT(metrics, HasSubstr(R"(sluice_config_reloads_total{result="refused"} 1)"));
}

}  // namespace
}  // namespace sluice::server
