#include "server/config.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/testing/matchers.h"

namespace sluice::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsError;
using testing::IsOk;
using ::testing::Not;

constexpr std::string_view kWhole = R"(# The format version of this config file
version: 1
shares:
- name: "share1"
  schemas:
  - name: "schema1"
    tables:
    - name: "table1"
      location: "/data/table1"
      id: "00000000-0000-0000-0000-000000000001"
      historyShared: true
      startVersion: 7
    - name: table2
      location: file:///data/table2
- name: "share2"
  schemas:
  - name: "empty"
authorization:
  bearerToken: "faaie590d541265bcab1f2de9813274bf233"
ssl:
  selfSigned: false
  certificateFile: "/etc/sluice/cert.pem"
  certificateKeyFile: "/etc/sluice/key.pem"
  certificatePasswordFile: "/etc/sluice/password"
host: "0.0.0.0"
port: 8080
endpoint: "/delta-sharing"
preSignedUrlTimeoutSeconds: 900
queryTablePageSizeLimit: 500
queryTablePageTokenTtlMs: 60000
refreshTokenTtlMs: 61000
requestTimeoutSeconds: 0
snapshotCacheMb: 64
)";

constexpr std::string_view kHead = "version: 1\nauthorization: {bearerToken: t}\n";

Result<Config> Parse(std::string_view text,
                     Authorization authorization = Authorization::kRequired) {
  return ParseConfig(text, "f.yaml", authorization);
}

Result<Config> ParseTables(std::string_view tables) {
  return Parse(std::string(kHead) + "shares:\n- name: a\n  schemas:\n  - name: s\n    tables:\n" +
               std::string(tables));
}

// The message of the failure, or "".
std::string Problems(const Result<Config>& result) {
  EXPECT_THAT(result, IsError(Code::kInvalidArgument));
  return result.has_value() ? std::string() : result.error().message;
}

TEST(ParseConfig, ReadsTheFileOfTheReference) {
  const auto config = Parse(kWhole);
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->warnings, IsEmpty());
  const Settings& settings = config->settings;
  EXPECT_EQ(settings.bearer_token, "faaie590d541265bcab1f2de9813274bf233");
  EXPECT_EQ(settings.host, "0.0.0.0");
  EXPECT_EQ(settings.port, 8080);
  EXPECT_EQ(settings.ssl_certificate_file, "/etc/sluice/cert.pem");
  EXPECT_EQ(settings.ssl_certificate_key_file, "/etc/sluice/key.pem");
  EXPECT_EQ(settings.ssl_certificate_password_file, "/etc/sluice/password");
  EXPECT_EQ(settings.pre_signed_url_timeout, std::chrono::minutes(15));
  EXPECT_EQ(settings.request_timeout, Millis(0));
  EXPECT_EQ(settings.query_table_page_size_limit, 500U);
  EXPECT_EQ(settings.query_table_page_token_ttl, std::chrono::minutes(1));
  EXPECT_EQ(settings.refresh_token_ttl, std::chrono::seconds(61));
  EXPECT_EQ(settings.snapshot_cache, MiB(64));
  EXPECT_EQ(settings.max_connections, DefaultSettings().max_connections);

  ASSERT_EQ(config->shares.size(), 2U);
  EXPECT_EQ(config->shares[0].name, "share1");
  ASSERT_EQ(config->shares[0].schemas.size(), 1U);
  ASSERT_EQ(config->shares[0].schemas[0].tables.size(), 2U);
  const catalog::TableEntry& first = config->shares[0].schemas[0].tables[0];
  EXPECT_EQ(first.name, "table1");
  EXPECT_EQ(first.location, "/data/table1");
  EXPECT_EQ(first.id, "00000000-0000-0000-0000-000000000001");
  EXPECT_TRUE(first.history_shared);
  EXPECT_EQ(first.start_version, 7);
  const catalog::TableEntry& second = config->shares[0].schemas[0].tables[1];
  EXPECT_EQ(second.id, "");
  EXPECT_FALSE(second.history_shared);
  EXPECT_EQ(second.start_version, 0);
  EXPECT_THAT(config->shares[1].schemas[0].tables, IsEmpty());
}

TEST(ParseConfig, WhatItTakesTheCatalogTakes) {
  auto config = Parse(kWhole);
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(catalog::YamlCatalog::Build(std::move(config->shares), "p"), IsOk());
}

TEST(ParseConfig, WarnsOnKeysWithoutEffectWithTheReason) {
  const auto config = Parse(std::string(kHead) +
                            "shares: []\ndeltaTableCacheSize: 10\nstalenessAcceptable: true\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->warnings,
              ElementsAre("f.yaml:4: 'deltaTableCacheSize' has no effect: the cache is limited in "
                          "bytes: see snapshotCacheMb",
                          HasSubstr("f.yaml:5: 'stalenessAcceptable' has no effect: "),
                          HasSubstr("nothing is shared")));
}

TEST(ParseConfig, TheOldNameOfHistorySharedIsPointedOut) {
  const auto config = ParseTables("    - {name: t, location: /x, cdfEnabled: true}\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("write that instead")));
  EXPECT_FALSE(config->shares[0].schemas[0].tables[0].history_shared);
}

TEST(ParseConfig, AnUnknownKeyIsAnErrorWithTheNearestKnownOne) {
  EXPECT_EQ(Problems(Parse(std::string(kHead) + "prot: 80\n")),
            "f.yaml:3: unknown key 'prot'; did you mean 'port'?");
  EXPECT_EQ(Problems(Parse(std::string(kHead) + "zzzzzzzzz: 80\n")),
            "f.yaml:3: unknown key 'zzzzzzzzz'");
  EXPECT_EQ(Problems(ParseTables("    - {name: t, location: /x, historyshared: true}\n")),
            "f.yaml:8: unknown key 'historyshared'; did you mean 'historyShared'?");
  EXPECT_EQ(Problems(Parse(std::string(kHead) + "ssl.selfSigned: true\n")),
            "f.yaml:3: unknown key 'ssl.selfSigned'");
  EXPECT_THAT(Problems(Parse(std::string(kHead) + "'shares[]': 1\n")), HasSubstr("unknown key"));
}

TEST(ParseConfig, ReportsAllProblemsInTheOrderOfTheFile) {
  const std::string problems =
      Problems(Parse("prot: 80\n"
                     "port: http\n"
                     "shares:\n"
                     "- name: a b\n"
                     "  schemas:\n"
                     "  - tables:\n"
                     "    - name: t\n"
                     "ssl: {}\n"
                     "host: [x]\n"));
  EXPECT_EQ(problems,
            "f.yaml:1: unknown key 'prot'; did you mean 'port'?\n"
            "f.yaml:1: 'version' is missing; write 'version: 1'\n"
            "f.yaml:1: 'authorization' is missing: write a bearerToken below it, or start with "
            "--insecure-no-auth to let everybody read everything\n"
            "f.yaml:2: 'port' must be a whole number from 0 to 65535, not 'http'\n"
            "f.yaml:4: the share name 'a b' holds a space, which is not allowed in it\n"
            "f.yaml:6: the schema has no 'name'\n"
            "f.yaml:7: the table has no 'location'\n"
            "f.yaml:8: 'ssl.certificateFile' is missing\n"
            "f.yaml:8: 'ssl.certificateKeyFile' is missing\n"
            "f.yaml:9: 'host' must be a single value");
}

TEST(ParseConfig, ShowsAtMostAHundredProblems) {
  std::string text(kHead);
  for (int i = 0; i < 5000; ++i) text += "zzzzzzzz" + std::to_string(i) + ": 1\n";
  const std::string problems = Problems(Parse(text));
  EXPECT_EQ(std::ranges::count(problems, '\n'), 100);
  EXPECT_THAT(problems, HasSubstr("f.yaml: 4900 more problems"));
}

TEST(ParseConfig, VersionMustBeOne) {
  for (const std::string_view bad : {"version: 2", "version: 0", "version: one", "version:"}) {
    EXPECT_THAT(Problems(Parse(std::string(bad) + "\nauthorization: {bearerToken: t}\n")),
                HasSubstr("f.yaml:1: 'version'"));
  }
}

TEST(ParseConfig, NoAuthorizationIsOnlyGoodWhenSaid) {
  constexpr std::string_view kOpen = "version: 1\nshares: []\n";
  EXPECT_THAT(Problems(Parse(kOpen)), HasSubstr("--insecure-no-auth"));
  const auto config = Parse(kOpen, Authorization::kMayBeAbsent);
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->settings.bearer_token, "");
}

TEST(ParseConfig, AuthorizationThatSaysNothingIsAnErrorEvenSo) {
  for (const std::string_view bad :
       {"authorization:", "authorization: {}", "authorization: []", "authorization: token",
        "authorization: {bearerToken: }", "authorization: {bearerToken: ''}",
        "authorization: {bearerToken: [x]}", "authorization: {token: x}", "authorisation: {}"}) {
    for (const auto mode : {Authorization::kRequired, Authorization::kMayBeAbsent}) {
      const std::string problems = Problems(Parse("version: 1\n" + std::string(bad), mode));
      EXPECT_THAT(problems, HasSubstr("f.yaml:2: ")) << bad;
      EXPECT_THAT(problems, HasSubstr("authorization")) << bad;
    }
  }
}

TEST(ParseConfig, ATokenThatIsThereCountsWhateverTheCommandLineSays) {
  const auto config = Parse(kWhole, Authorization::kMayBeAbsent);
  ASSERT_THAT(config, IsOk());
  EXPECT_NE(config->settings.bearer_token, "");
  EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("--insecure-no-auth has no effect")));
}

TEST(ParseConfig, ATokenNeverStandsInAMessage) {
  for (const std::string_view text :
       {"version: 1\nauthorization: {bearerToken: 'hush hush'}",
        "version: 1\nauthorization: {bearerToken: [hush]}",
        "version: 1\nauthorization: {bearerToken: {hush: 1}}", "version: 1\nauthorization: hush",
        "version: 1\nauthorization: {bearerToken: hush", "version: 1\nbearerToken: hush"}) {
    EXPECT_THAT(Problems(Parse(text)), Not(HasSubstr("hush"))) << text;
  }
}

TEST(ParseConfig, NumbersAndFlagsMayStandInQuotes) {
  const auto config = Parse(std::string(kHead) + "port: \"8080\"\nssl: {selfSigned: \"true\"}\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->settings.port, 8080);
  EXPECT_TRUE(config->settings.ssl_self_signed);
}

TEST(ParseConfig, ASelfSignedCertificateNeedsNoFiles) {
  EXPECT_THAT(Parse(std::string(kHead) + "ssl: {selfSigned: true}\n"), IsOk());
  EXPECT_THAT(Problems(Parse(std::string(kHead) + "ssl:\n")), HasSubstr("f.yaml:3: 'ssl' must"));
  EXPECT_THAT(Problems(Parse(std::string(kHead) + "ssl: {certificateFile: /c}\n")),
              HasSubstr("'ssl.certificateKeyFile' is missing"));
}

TEST(ParseConfig, TheEndpointMayEndInASlash) {
  EXPECT_EQ(Parse(std::string(kHead) + "endpoint: /x/y/\n")->settings.endpoint, "/x/y");
  EXPECT_EQ(Parse(std::string(kHead) + "endpoint: /\n")->settings.endpoint, "");
}

TEST(ParseConfig, NamesStandOnceWithoutRegardToCase) {
  EXPECT_EQ(Problems(ParseTables("    - {name: t, location: /x}\n    - {name: T, location: /y}\n")),
            "f.yaml:9: the table 'T' stands twice in 'a.s', first in line 8 (names are compared "
            "without regard to case)");
  EXPECT_THAT(Problems(Parse(std::string(kHead) + "shares:\n- name: a\n- name: A\n")),
              HasSubstr("f.yaml:5: the share 'A' stands twice, first in line 4"));
  EXPECT_THAT(Problems(Parse(std::string(kHead) +
                             "shares:\n- name: a\n  schemas:\n  - name: s\n  - name: S\n")),
              HasSubstr("the schema 'S' stands twice in 'a'"));
}

TEST(ParseConfig, OneIdIsOneLocation) {
  EXPECT_THAT(Problems(ParseTables(
                  "    - {name: t, location: /x, id: i}\n    - {name: u, location: /y, id: i}\n")),
              HasSubstr("f.yaml:9: the id 'i' is that of another location in line 8"));
  EXPECT_THAT(
      ParseTables("    - {name: t, location: /x, id: i}\n    - {name: u, location: /x, id: i}\n"),
      IsOk());
}

TEST(ParseConfig, LocationsAreReadLightly) {
  for (const std::string_view good : {"/data/x", "data/x", "file:///data/x", "FILE:///x", "./x",
                                      "s3://lake/x", "s3a://lake/x", "S3N://lake"}) {
    const auto config = ParseTables("    - {name: t, location: '" + std::string(good) + "'}\n");
    ASSERT_THAT(config, IsOk()) << good;
    EXPECT_THAT(config->warnings, IsEmpty()) << good;
    EXPECT_EQ(config->shares[0].schemas[0].tables[0].location, good);
  }
  for (const std::string_view later : {"wasbs://c@a/x", "gs://b/x", "abfss://c@a/x"}) {
    const auto config = ParseTables("    - {name: t, location: '" + std::string(later) + "'}\n");
    ASSERT_THAT(config, IsOk()) << later;
    EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("f.yaml:8: locations of the scheme")));
    EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("queries of this table will be refused")));
  }
  for (const std::string_view bad : {"flie:///x", "s3://b", "s3:///x", "s3://lake/../x"}) {
    EXPECT_THAT(Problems(ParseTables("    - {name: t, location: '" + std::string(bad) + "'}\n")),
                HasSubstr("f.yaml:8: the location of the table is not valid"))
        << bad;
  }
  const std::string keys =
      Problems(ParseTables("    - {name: t, location: 's3://AK:hush@lake'}\n"));
  EXPECT_THAT(keys, HasSubstr("keys do not belong into it"));
  EXPECT_THAT(keys, Not(HasSubstr("hush")));
  EXPECT_THAT(Problems(ParseTables("    - {name: t, location: ''}\n")), HasSubstr("f.yaml:8: "));
  EXPECT_THAT(Problems(ParseTables("    - {name: t, location: \"a\\0b\"}\n")),
              HasSubstr("zero byte"));
}

TEST(ParseConfig, TablesOfTheWrongShape) {
  EXPECT_THAT(Problems(ParseTables("    - t\n")), HasSubstr("f.yaml:8: a table must hold keys"));
  EXPECT_THAT(Problems(ParseTables("    -\n")), HasSubstr("a table must hold keys"));
  EXPECT_THAT(Problems(ParseTables("      name: t\n")), HasSubstr("must be a list"));
  EXPECT_THAT(Problems(ParseTables("    - {name: , location: /x}\n")), HasSubstr("has no value"));
  EXPECT_THAT(Problems(ParseTables("    - {name: t, location: /x, startVersion: -1}\n")),
              HasSubstr("0 or more, not '-1'"));
  EXPECT_THAT(Problems(ParseTables("    - {name: t, location: /x, historyShared: maybe}\n")),
              HasSubstr("true or false, not 'maybe'"));
  EXPECT_THAT(Problems(ParseTables("    - {name: a.b, location: /x}\n")), HasSubstr("holds '.'"));
  EXPECT_THAT(Problems(Parse(std::string(kHead) + "shares:\n")), HasSubstr("'shares' must be"));
  EXPECT_THAT(Problems(Parse(std::string(kHead) + "shares: [a]\n")),
              HasSubstr("a share must hold keys"));
}

TEST(ParseConfig, ATextThatIsNoConfiguration) {
  EXPECT_THAT(Problems(Parse("")), HasSubstr("the file is empty"));
  EXPECT_THAT(Problems(Parse("# nothing\n")), HasSubstr("the file is empty"));
  EXPECT_THAT(Problems(Parse("just text")), HasSubstr("keys and values"));
  EXPECT_THAT(Problems(Parse("- a\n- b\n")), HasSubstr("keys and values"));
  EXPECT_THAT(Problems(Parse("version: 1\nversion: 1\n")), HasSubstr("stands here twice"));
  EXPECT_THAT(Problems(Parse("a: [\n")), HasSubstr("not YAML"));
}

class LoadConfigTest : public ::testing::Test {
 protected:
  LoadConfigTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~LoadConfigTest() override { std::filesystem::remove_all(dir_); }
  std::string Write(std::string_view name, std::string_view text) {
    const std::filesystem::path path = dir_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  std::filesystem::path dir_;
};

TEST_F(LoadConfigTest, ReadsAFileOfAnyName) {
  EXPECT_THAT(LoadConfig(Write("sluice.yaml", kWhole)), IsOk());
  EXPECT_THAT(LoadConfig(Write("sluice.conf", kWhole)), IsOk());
}

TEST_F(LoadConfigTest, NamesTheFileInEachMessage) {
  const std::string path = Write("bad.yaml", "version: 3\n");
  EXPECT_THAT(LoadConfig(path), IsError(Code::kInvalidArgument, path + ":1: 'version' must be 1"));
}

TEST_F(LoadConfigTest, WhatCannotBeRead) {
  EXPECT_THAT(LoadConfig((dir_ / "none.yaml").string()),
              IsError(Code::kNotFound, "No such file or directory"));
  EXPECT_THAT(LoadConfig(dir_.string()), IsError(Code::kNotFound, "Is a directory"));
  EXPECT_THAT(LoadConfig(""), IsError(Code::kNotFound));
}

TEST_F(LoadConfigTest, ATooLargeFileIsNotReadWhole) {
  const std::string path = Write("large.yaml", "");
  std::filesystem::resize_file(path, kMaxConfigSize.value + 1);
  EXPECT_THAT(LoadConfig(path), IsError(Code::kInvalidArgument, "larger than 64.0 MiB"));
}

TEST(Config, TrustedProxiesAreAListOfNetworks) {
  const auto config = Parse(std::string(kHead) +
                            "trustedProxies:\n- 10.0.0.0/28\n- \"2001:db8::1\"\n"
                            "forwardedHeader: Forwarded\n"
                            "rateLimit: {requestsPerSecond: 20, burst: 40}\n");
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->settings.trusted_proxies, ElementsAre("10.0.0.0/28", "2001:db8::1"));
  EXPECT_EQ(config->settings.forwarded_header, "Forwarded");
  EXPECT_EQ(config->settings.requests_per_second, 20U);
  EXPECT_EQ(config->settings.request_burst, 40U);
  EXPECT_EQ(config->settings.files_per_second, 0U);
}

TEST(Config, AProxyThatIsNoneIsAProblemOfItsLine) {
  const auto refused = Parse(std::string(kHead) +
                             "trustedProxies:\n- 10.0.0.0/28\n- 10.0.0.1/28\n- proxy.local\n"
                             "- [1]\nforwardedHeader: Via\n");
  ASSERT_THAT(refused, IsError(Code::kInvalidArgument, "f.yaml:5: 'trustedProxies' holds no"));
  EXPECT_THAT(refused.error().message, HasSubstr("the network is 10.0.0.0/28"));
  EXPECT_THAT(refused.error().message, HasSubstr("f.yaml:6: "));
  EXPECT_THAT(refused.error().message, HasSubstr("f.yaml:7: an entry of 'trustedProxies' must be"));
  EXPECT_THAT(refused.error().message, HasSubstr("one of X-Forwarded-For, Forwarded, not 'Via'"));
  EXPECT_THAT(Parse(std::string(kHead) + "trustedProxies: 10.0.0.1\n"),
              IsError(Code::kInvalidArgument, "must be a list"));
  std::string many = std::string(kHead) + "trustedProxies:\n";
  for (int i = 0; i < 101; ++i) many += "- 10.0.0." + std::to_string(i) + "\n";
  EXPECT_THAT(Parse(many), IsError(Code::kInvalidArgument, "more than 100 entries"));
}

}  // namespace
}  // namespace sluice::server
