#include "server/config_storage.h"

#include <fmt/format.h>

#include <map>

#include "base/testing/matchers.h"
#include "server/config.h"

namespace sluice::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsError;
using testing::IsOk;
using ::testing::Not;
using Source = storage::S3CredentialOptions::Source;

// The files that configurations of these tests name.
Result<FileText> ReadFake(const std::string& path, ByteCount /*limit*/) {
  static const std::map<std::string, FileText> files = {
      {"/ca.pem", {.bytes = "-----BEGIN CERTIFICATE-----\n", .mode = 0644}},
      {"/secret", {.bytes = "  hush/of+file\n", .mode = 0600}},
      {"/open", {.bytes = "hush/of+file", .mode = 0644}},
      {"/two", {.bytes = "hush\nhush\n", .mode = 0600}},
      {"/empty", {.bytes = "\n", .mode = 0600}}};
  const auto file = files.find(path);
  if (file == files.end()) return Fail(Code::kNotFound, path + ": cannot be read: no such file");
  return file->second;
}

// `entries` are lines below `storage:`, from line 4 on.
Result<Config> Parse(std::string_view entries) {
  return ParseConfig("version: 1\nauthorization: {bearerToken: t}\nstorage:\n" +
                         std::string(entries) + "\nshares: [{name: a}]\n",
                     "f.yaml", Authorization::kRequired, ReadFake);
}

std::string Problems(std::string_view entries) {
  const auto config = Parse(entries);
  EXPECT_THAT(config, IsError(Code::kInvalidArgument)) << entries;
  return config.has_value() ? std::string() : config.error().message;
}

storage::StoreRule Rule(std::string_view entry) {
  const auto config = Parse(entry);
  EXPECT_THAT(config, IsOk()) << entry;
  return config.has_value() ? config->storage_rules.at(0) : storage::StoreRule{};
}

TEST(ReadStorage, ReadsEveryKey) {
  const storage::StoreRule rule = Rule(R"(- prefix: s3a://lake/raw/
  name: minio
  region: eu-central-1
  endpoint: https://minio.example.com:9000
  stsEndpoint: https://sts.example.com
  addressing: virtual-host
  proxy: http://me:pw@proxy:3128
  caFile: /ca.pem
  credentials: static
  accessKeyId: AKIA
  secretAccessKey: hush
  sessionToken: token
  roleArn: arn:aws:iam::123456789012:role/reader
  externalId: ext-1
  roleSessionName: sluice-1)");
  storage::StoreRule expected;
  expected.name = "minio";
  expected.prefix = "s3://lake/raw";
  expected.s3.region = "eu-central-1";
  expected.s3.endpoint = "https://minio.example.com:9000";
  expected.s3.sts_endpoint = "https://sts.example.com";
  expected.s3.addressing = storage::S3Options::Addressing::kVirtualHost;
  expected.s3.proxy = "http://me:pw@proxy:3128";
  expected.s3.ca_file = "/ca.pem";
  expected.s3.credentials = {.source = Source::kStatic,
                             .access_key_id = "AKIA",
                             .secret_access_key = "hush",
                             .session_token = "token",
                             .profile = "",
                             .role_arn = "arn:aws:iam::123456789012:role/reader",
                             .external_id = "ext-1",
                             .role_session_name = "sluice-1"};
  EXPECT_TRUE(rule == expected);
  const storage::StoreRule amazon = Rule(
      "- {prefix: 's3://lake', dualStack: true, fips: true, credentials: profile, profile: p}");
  EXPECT_TRUE(amazon.s3.dual_stack);
  EXPECT_TRUE(amazon.s3.fips);
  EXPECT_EQ(amazon.s3.credentials.source, Source::kProfile);
  EXPECT_EQ(amazon.s3.credentials.profile, "p");
}

TEST(ReadStorage, AnEntryOfAPrefixAloneHasTheDefaults) {
  storage::StoreRule expected;
  expected.name = "s3-1";
  expected.prefix = "s3://lake";
  EXPECT_TRUE(Rule("- prefix: s3://lake") == expected);
}

TEST(ReadStorage, EverySourceOfCredentialsHasAWord) {
  for (const auto& [word, source] : {std::pair<std::string, Source>("default", Source::kDefault),
                                     {"environment", Source::kEnvironment},
                                     {"profile", Source::kProfile},
                                     {"web-identity", Source::kWebIdentity},
                                     {"container", Source::kContainer},
                                     {"instance", Source::kInstance},
                                     {"anonymous", Source::kAnonymous}}) {
    EXPECT_EQ(Rule("- {prefix: 's3://lake', credentials: " + word + "}").s3.credentials.source,
              source);
  }
  EXPECT_EQ(
      Rule("- {prefix: 's3://lake', accessKeyId: A, secretAccessKey: B}").s3.credentials.source,
      Source::kStatic);
  EXPECT_EQ(Rule("- {prefix: 's3://lake', profile: team}").s3.credentials.source, Source::kProfile);
}

TEST(ReadStorage, PrefixesAreBuckets) {
  EXPECT_EQ(Problems("- {name: x}"),
            "f.yaml:4: the entry of 'storage' has no 'prefix': write s3://bucket");
  for (const std::string_view bad :
       {"/data", "file:///data", "gs://lake", "s3://", "s3://b", "s3://lake/../x", "lake"}) {
    EXPECT_THAT(Problems("- prefix: " + std::string(bad)),
                HasSubstr("f.yaml:4: 'storage[].prefix' must be s3://bucket"))
        << bad;
  }
  EXPECT_THAT(Problems("- prefix: ''"),
              HasSubstr("f.yaml:4: 'storage[].prefix' must not be empty"));
}

TEST(ReadStorage, OnePrefixIsOneEntry) {
  EXPECT_EQ(Problems("- prefix: s3://lake/a\n- prefix: s3://lake\n- prefix: s3n://lake/a/"),
            "f.yaml:6: the prefix 's3://lake/a' stands twice, first in line 4");
  EXPECT_THAT(Parse("- prefix: s3://lake/a\n- prefix: s3://lake/ab\n- prefix: s3://lake"), IsOk());
}

TEST(ReadStorage, NamesAreOfOneStoreEach) {
  const auto config = Parse(
      "- prefix: s3://lake\n- {prefix: 's3://pond', name: p}\n"
      "- prefix: s3://sea");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->storage_rules[0].name, "s3-1");
  EXPECT_EQ(config->storage_rules[2].name, "s3-3");
  EXPECT_EQ(Problems("- {prefix: 's3://lake', name: x}\n- {prefix: 's3://pond', name: x}"),
            "f.yaml:5: the store name 'x' stands twice, first in line 4");
  EXPECT_EQ(
      Problems("- {prefix: 's3://lake', name: s3-2}\n- prefix: s3://pond"),
      "f.yaml:5: the store name 's3-2' stands twice, first in line 4; give this entry a name");
  for (const std::string_view bad : {"''", "a b", "a/b", "\"a\\n\""}) {
    EXPECT_THAT(Problems("- {prefix: 's3://lake', name: " + std::string(bad) + "}"),
                HasSubstr("f.yaml:4: 'storage[].name' must be 1 to 64 letters"))
        << bad;
  }
}

TEST(ReadStorage, EndpointsAreSchemeHostAndPortAlone) {
  for (const std::string_view good :
       {"http://127.0.0.1:9000", "https://minio", "https://s3.example.com", "http://[::1]:9000"}) {
    const std::string entry =
        fmt::format("- {{prefix: 's3://lake', endpoint: '{0}', stsEndpoint: '{0}'}}", good);
    EXPECT_EQ(Rule(entry).s3.endpoint, good);
    EXPECT_EQ(Rule(entry).s3.sts_endpoint, good);
  }
  for (const std::string_view bad :
       {"", "minio", "minio:9000", "ftp://minio", "https://", "https://minio/", "https://minio/x",
        "https://minio?x", "https://minio#x", "https://minio:", "https://minio:0",
        "https://minio:99999", "https://minio:9x", "https://me:hush@minio", "https://min io",
        "https://[::1", "https://[]", "https://:9000", "HTTPS://minio\n"}) {
    for (const std::string_view leaf : {"endpoint", "stsEndpoint"}) {
      const std::string problems =
          Problems(fmt::format("- {{prefix: 's3://lake', {}: \"{}\"}}", leaf, bad));
      EXPECT_THAT(problems,
                  HasSubstr(fmt::format("f.yaml:4: 'storage[].{}' must be scheme, host", leaf)))
          << bad;
      EXPECT_THAT(problems, Not(HasSubstr("hush")));
    }
  }
}

TEST(ReadStorage, ProxiesMayHoldAPasswordThatIsNeverRepeated) {
  for (const std::string_view good : {"none", "http://proxy:3128", "http://me:pw@proxy:3128"}) {
    EXPECT_EQ(Rule(fmt::format("- {{prefix: 's3://lake', proxy: '{}'}}", good)).s3.proxy, good);
  }
  for (const std::string_view bad :
       {"proxy", "http://me:hush@", "http://me:hush@proxy/x", "socks://me:hush@proxy",
        "http://me:hu sh@proxy", "http://@proxy"}) {
    const std::string problems =
        Problems(fmt::format("- {{prefix: 's3://lake', proxy: '{}'}}", bad));
    EXPECT_THAT(problems, HasSubstr("f.yaml:4: 'storage[].proxy' must be a URL like")) << bad;
    EXPECT_THAT(problems, Not(HasSubstr("hu"))) << bad;
  }
}

TEST(ReadStorage, WordsAndNamesAreChecked) {
  const std::pair<std::string_view, std::string_view> bad[] = {
      {"addressing: dns", "must be one of auto, path, virtual-host, not 'dns'"},
      {"credentials: imds", "must be one of default, static, environment, profile"},
      {"region: 'eu.evil.com/'", "'storage[].region' must be"},
      {"roleArn: reader", "must be like arn:aws:iam::"},
      {"profile: 'a]b'", "'storage[].profile' must be"},
      {"dualStack: maybe", "'storage[].dualStack' must be true or false"},
      {"regoin: x", "unknown key 'regoin'; did you mean 'region'?"},
      {"region: [x]", "must be a single value"}};
  for (const auto& [line, problem] : bad) {
    EXPECT_THAT(Problems(fmt::format("- prefix: s3://lake\n  {}", line)),
                HasSubstr(fmt::format("f.yaml:5: ")))
        << line;
    EXPECT_THAT(Problems(fmt::format("- prefix: s3://lake\n  {}", line)),
                HasSubstr(std::string(problem)));
  }
  EXPECT_THAT(Problems("- s3://lake"), HasSubstr("f.yaml:4: an entry of 'storage' must hold keys"));
  EXPECT_THAT(Problems("  prefix: s3://lake"), HasSubstr("'storage' must be a list"));
}

TEST(ReadStorage, AContradictionIsAProblemOfItsLineWithARemedy) {
  const std::pair<std::string_view, std::string_view> bad[] = {
      {"credentials: static", "f.yaml:5: 'credentials: static' needs 'accessKeyId'"},
      {"accessKeyId: A",
       "f.yaml:5: 'accessKeyId' needs 'secretAccessKeyFile' or 'secretAccessKey'"},
      {"secretAccessKey: hush", "f.yaml:5: 'secretAccessKey' needs 'accessKeyId'"},
      {"sessionToken: hush", "f.yaml:5: 'sessionToken' needs 'accessKeyId'"},
      {"credentials: instance\n  accessKeyId: A\n  secretAccessKey: hush",
       "f.yaml:6: 'accessKeyId' goes only with 'credentials: static'\n"
       "f.yaml:7: 'secretAccessKey' goes only with 'credentials: static'"},
      {"accessKeyId: A\n  secretAccessKey: hush\n  secretAccessKeyFile: /secret",
       "f.yaml:7: 'secretAccessKeyFile' cannot go with 'secretAccessKey'"},
      {"endpoint: http://minio\n  fips: true", "f.yaml:6: 'fips' cannot go with an 'endpoint'"},
      {"endpoint: https://minio\n  dualStack: true",
       "f.yaml:6: 'dualStack' cannot go with an 'endpoint'"},
      {"credentials: environment\n  profile: p", "f.yaml:6: 'profile' goes only with"},
      {"credentials: anonymous\n  roleArn: arn:aws:iam::1:role/r",
       "f.yaml:6: 'roleArn' cannot go with 'credentials: anonymous'"},
      {"externalId: ext", "f.yaml:5: 'externalId' needs 'roleArn'"}};
  for (const auto& [lines, problem] : bad) {
    const std::string problems = Problems(fmt::format("- prefix: s3://lake\n  {}", lines));
    EXPECT_THAT(problems, HasSubstr(std::string(problem)));
    EXPECT_THAT(problems, Not(HasSubstr("hush")));
  }
}

TEST(ReadStorage, TheSecretMayLieInAFile) {
  const auto config = Parse(
      "- {prefix: 's3://lake', accessKeyId: A, secretAccessKeyFile: /secret}\n"
      "- {prefix: 's3://pond', accessKeyId: A, secretAccessKeyFile: /open}");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->storage_rules[0].s3.credentials.secret_access_key, "hush/of+file");
  EXPECT_EQ(config->storage_rules[1].s3.credentials.secret_access_key, "hush/of+file");
  EXPECT_THAT(config->warnings,
              ElementsAre("f.yaml:5: 'secretAccessKeyFile': /open can be read by others (mode "
                          "0644); run: chmod 600 /open"));
  for (const std::string_view path : {"/gone", "/two", "/empty"}) {
    const std::string problems = Problems(
        fmt::format("- {{prefix: 's3://lake', accessKeyId: A, secretAccessKeyFile: {}}}", path));
    EXPECT_THAT(problems, HasSubstr(fmt::format("f.yaml:4: 'secretAccessKeyFile': {}", path)));
    EXPECT_THAT(problems, Not(HasSubstr("hush")));
  }
}

TEST(ReadStorage, TheAuthoritiesMustBeReadable) {
  EXPECT_THAT(Problems("- {prefix: 's3://lake', caFile: /gone.pem}"),
              HasSubstr("f.yaml:4: 'caFile': /gone.pem: cannot be read"));
}

TEST(ReadStorage, KeysAndSecretsNeverStandInAMessage) {
  for (const std::string_view entry :
       {"- {prefix: 's3://AKHUSH:hush@lake'}", "- {prefix: 's3a://AKHUSH:hush@lake/x/..'}",
        "- {prefix: 's3://lake', accessKeyId: 'hush hush', secretAccessKey: 'hush hush'}",
        "- {prefix: 's3://lake', accessKeyId: [hush], secretAccessKey: {hush: 1}}",
        "- {prefix: 's3://lake', accessKeyId: A, secretAccessKey: '', sessionToken: 'hu sh hush'}",
        "- {prefix: 's3://lake', sessionToken: \"hush\\0\"}",
        "- {prefix: 's3://lake', endpoint: 'http://hush:hush@x'}",
        "- {prefix: 's3://lake', secretAccesKey: hush}", "- s3://hush:hush@lake",
        "- {prefix: 's3://lake', secretAccessKey: hush"}) {
    EXPECT_THAT(Problems(entry), Not(HasSubstr("hush"))) << entry;
  }
}

TEST(ReadStorage, DirectoryAccessIsOnlyWhereItStands) {
  EXPECT_EQ(Rule("- prefix: s3://lake").s3.directory_access, std::nullopt);
  const storage::StoreRule rule = Rule(R"(- prefix: s3://lake
  endpoint: https://minio
  directoryAccess:
    roleArn: arn:aws:iam::1:role/r
    externalId: ours
    stsEndpoint: https://minio
    kmsKeyArn: arn:aws:kms:eu-central-1:1:key/1234-ab)");
  EXPECT_EQ(rule.s3.directory_access,
            (storage::DirectoryAccess{.role_arn = "arn:aws:iam::1:role/r",
                                      .external_id = "ours",
                                      .sts_endpoint = "https://minio",
                                      .kms_key_arn = "arn:aws:kms:eu-central-1:1:key/1234-ab"}));
  EXPECT_EQ(rule.s3.credentials.role_arn, "") << "of the server's own role it says nothing";
}

TEST(ReadStorage, DirectoryAccessThatCannotWork) {
  const std::pair<std::string_view, std::string_view> bad[] = {
      {"directoryAccess: true", "f.yaml:5: 'storage[].directoryAccess' must hold keys and values"},
      {"directoryAccess: {}", "f.yaml:5: 'directoryAccess' needs 'roleArn'"},
      {"directoryAccess: {roleArn: reader}",
       "f.yaml:5: 'storage[].directoryAccess.roleArn' must be like arn:aws:iam::"},
      {"directoryAccess: {roleARN: x}", "f.yaml:5: unknown key 'roleARN'; did you mean 'roleArn'?"},
      {"endpoint: https://minio\n  directoryAccess: {roleArn: 'arn:aws:iam::1:role/r'}",
       "f.yaml:6: 'directoryAccess' beside 'endpoint' needs 'stsEndpoint'"},
      {"credentials: anonymous\n  directoryAccess: {roleArn: 'arn:aws:iam::1:role/r'}",
       "f.yaml:6: 'directoryAccess' cannot go with 'credentials: anonymous'"},
      {"directoryAccess: {roleArn: 'arn:aws:iam::1:role/r', kmsKeyArn: 'arn:aws:kms:e:1:key/*'}",
       "'storage[].directoryAccess.kmsKeyArn' must be like arn:aws:kms:"},
      {"directoryAccess: {roleArn: 'arn:aws:iam::1:role/r', kmsKeyArn: 'arn:aws:kms:e:1:alias/a'}",
       "kmsKeyArn' must be like"},
      {"directoryAccess: {roleArn: 'arn:aws:iam::1:role/r', stsEndpoint: 'https://sts/path'}",
       "stsEndpoint' must be scheme, host"}};
  for (const auto& [lines, problem] : bad) {
    EXPECT_THAT(Problems(fmt::format("- prefix: s3://lake\n  {}", lines)),
                HasSubstr(std::string(problem)));
  }
  EXPECT_THAT(Parse("- {prefix: 's3://lake', endpoint: 'https://minio', stsEndpoint: "
                    "'https://minio', directoryAccess: {roleArn: 'arn:aws:iam::1:role/r'}}"),
              IsOk());
}

// The folders that recipients are told of, by table.
std::map<std::string, std::string> Directories(std::string_view storage) {
  const auto config = ParseConfig(
      "version: 1\nauthorization: {bearerToken: t}\nshares:\n- name: s\n  schemas:\n"
      "  - name: d\n    tables:\n"
      "    - {name: whole, location: 's3a://lake/a/', historyShared: true}\n"
      "    - {name: latest, location: 's3://lake/a'}\n"
      "    - {name: late, location: 's3://lake/a', historyShared: true, startVersion: 1}\n"
      "    - {name: wild, location: 's3://lake/a*', historyShared: true}\n"
      "    - {name: pond, location: 's3://pond/a', historyShared: true}\n"
      "    - {name: local, location: /lake/a, historyShared: true}\n" +
          std::string(storage),
      "f.yaml");
  EXPECT_THAT(config, IsOk());
  std::map<std::string, std::string> directories;
  if (!config.has_value()) return directories;
  for (const auto& table : config->shares.at(0).schemas.at(0).tables) {
    if (!table.directory.empty()) directories[table.name] = table.directory;
  }
  return directories;
}

TEST(DirectoryAccess, IsForTablesWhoseWholeHistoryIsShared) {
  EXPECT_THAT(Directories(""), IsEmpty());
  EXPECT_THAT(Directories("storage: [{prefix: 's3://lake'}]\n"), IsEmpty());
  EXPECT_THAT(Directories("storage:\n- prefix: s3://lake\n"
                          "  directoryAccess: {roleArn: 'arn:aws:iam::1:role/r'}\n"),
              ElementsAre(std::pair<const std::string, std::string>("whole", "s3://lake/a")));
}

TEST(ReadStorage, NoStorageIsNoRule) { EXPECT_THAT(Parse("[]")->storage_rules, IsEmpty()); }

}  // namespace
}  // namespace sluice::server
