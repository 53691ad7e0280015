#include "server/settings.h"

#include <fstream>
#include <set>
#include <sstream>

#include "base/testing/matchers.h"
#include "storage/store_options.h"

namespace sluice::server {
namespace {

using ::testing::HasSubstr;
using testing::IsError;
using testing::IsOk;
using testing::IsOkAnd;
using ::testing::Not;
using ::testing::Optional;

const Setting& Row(std::string_view key) {
  const Setting* setting = FindSetting(key);
  EXPECT_NE(setting, nullptr) << key;
  return setting != nullptr ? *setting : AllSettings()[0];
}

TEST(SettingsTable, EveryRowIsWhole) {
  std::set<std::string_view> seen;
  for (const Setting& setting : AllSettings()) {
    SCOPED_TRACE(setting.key);
    EXPECT_TRUE(seen.insert(setting.key).second) << "twice";
    EXPECT_FALSE(setting.section.empty());
    EXPECT_TRUE(setting.text.ends_with('.'));
    EXPECT_FALSE(setting.no_effect.ends_with('.'));
    const bool has_target = !std::holds_alternative<std::monostate>(setting.target);
    EXPECT_FALSE(has_target && !setting.no_effect.empty()) << "set, and yet without effect?";
    const size_t dot = setting.key.rfind('.');
    if (dot == std::string_view::npos) continue;
    std::string_view parent = setting.key.substr(0, dot);
    if (parent.ends_with("[]")) parent.remove_suffix(2);
    EXPECT_TRUE(seen.contains(parent)) << "its group must stand before it";
  }
}

TEST(SettingsTable, EveryDefaultIsAllowed) {
  Settings settings{};
  for (const Setting& setting : AllSettings()) {
    if (setting.initial.empty()) continue;
    EXPECT_THAT(Assign(settings, setting, setting.initial), IsOk()) << setting.key;
  }
}

// With a sanitizer this fails on overflow.
TEST(SettingsTable, EveryLimitCanBeAssigned) {
  Settings settings{};
  for (const Setting& setting : AllSettings()) {
    if (setting.kind != Kind::kWholeNumber) continue;
    EXPECT_THAT(Assign(settings, setting, std::to_string(setting.least)), IsOk()) << setting.key;
    EXPECT_THAT(Assign(settings, setting, std::to_string(setting.most)), IsOk()) << setting.key;
  }
}

// But for SQL hints, which are safe here, and links and keys, whose time depends on the kind of
// server.
TEST(SettingsTable, HoldsEveryKeyOfTheReferenceWithItsDefault) {
  const std::pair<std::string_view, std::string_view> expected[] = {
      {"version", ""},
      {"shares", ""},
      {"authorization.bearerToken", ""},
      {"ssl.selfSigned", "false"},
      {"ssl.certificateFile", ""},
      {"ssl.certificateKeyFile", ""},
      {"ssl.certificatePasswordFile", ""},
      {"host", "localhost"},
      {"port", "80"},
      {"endpoint", "/delta-sharing"},
      {"preSignedUrlTimeoutSeconds", ""},
      {"temporaryCredentialValiditySeconds", ""},
      {"deltaTableCacheSize", "10"},
      {"stalenessAcceptable", "false"},
      {"evaluatePredicateHints", "true"},
      {"evaluateJsonPredicateHints", "true"},
      {"evaluateJsonPredicateHintsV2", "true"},
      {"requestTimeoutSeconds", "30"},
      {"queryTablePageSizeLimit", "10000"},
      {"queryTablePageTokenTtlMs", "259200000"},
      {"refreshTokenTtlMs", "3600000"},
      {"shares[].schemas[].tables[].id", ""},
      {"shares[].schemas[].tables[].historyShared", "false"},
      {"shares[].schemas[].tables[].startVersion", "0"},
  };
  for (const auto& [key, initial] : expected) {
    EXPECT_EQ(Row(key).initial, initial) << key;
    EXPECT_EQ(Row(key).origin, Origin::kReference) << key;
  }
}

TEST(Settings, DefaultsAreInTheirUnits) {
  const Settings settings = DefaultSettings();
  EXPECT_EQ(settings.bearer_token, "");
  EXPECT_EQ(settings.host, "localhost");
  EXPECT_EQ(settings.port, 80);
  EXPECT_EQ(settings.endpoint, "/delta-sharing");
  EXPECT_FALSE(settings.ssl_self_signed);
  EXPECT_EQ(settings.pre_signed_url_timeout, Millis(0));
  EXPECT_EQ(LinkLifetime(settings, false), std::chrono::hours(1));
  EXPECT_EQ(LinkLifetime(settings, true), std::chrono::minutes(15));
  EXPECT_EQ(CredentialLifetime(settings, false), std::chrono::hours(1));
  EXPECT_EQ(CredentialLifetime(settings, true), std::chrono::minutes(15));
  EXPECT_EQ(settings.request_timeout, std::chrono::seconds(30));
  EXPECT_EQ(settings.query_table_page_size_limit, 10'000U);
  EXPECT_EQ(settings.query_table_page_token_ttl, std::chrono::hours(72));
  EXPECT_EQ(settings.refresh_token_ttl, std::chrono::hours(1));
  EXPECT_EQ(settings.access_log, "-");
  EXPECT_EQ(settings.log_level, "info");
  EXPECT_EQ(settings.max_header, KiB(64));
  EXPECT_EQ(settings.max_body, MiB(2));
  EXPECT_EQ(settings.snapshot_cache, MiB(512));
  EXPECT_EQ(settings.engine_memory, GiB(2));
  EXPECT_EQ(settings.workers, 64U);
  EXPECT_EQ(settings.io_threads, 0U);
  EXPECT_EQ(settings.cache_size, GiB(4));
  EXPECT_EQ(settings.cache_directory, "");
  EXPECT_FALSE(settings.core_dumps);
  const storage::StoreLimits limits;
  EXPECT_EQ(settings.store_connect_timeout, limits.connect_timeout);
  EXPECT_EQ(settings.store_attempt_timeout, limits.attempt_timeout);
  EXPECT_EQ(settings.store_timeout, limits.total_timeout);
  EXPECT_EQ(settings.store_retry_window, limits.retry_window);
  EXPECT_EQ(settings.store_max_requests, limits.max_requests);
}

TEST(Settings, AWholeNumberIsWholeAndInRange) {
  Settings settings = DefaultSettings();
  const Setting& port = Row("port");
  EXPECT_THAT(Assign(settings, port, "8080"), IsOk());
  EXPECT_EQ(settings.port, 8080);
  for (const std::string_view bad :
       {"", "abc", "80 ", " 80", "80.0", "8e3", "0x50", "-1", "65536", "+80", "1_000", "8080;",
        "99999999999999999999999999", "9223372036854775808", "١"}) {
    EXPECT_THAT(Assign(settings, port, bad),
                IsError(Code::kInvalidArgument, "'port' must be a whole number from 0 to 65535"));
  }
  EXPECT_EQ(settings.port, 8080);
  EXPECT_THAT(Assign(settings, Row("version"), "2"),
              IsError(Code::kInvalidArgument, "'version' must be 1, not '2'"));
}

TEST(Settings, AFlagIsTrueOrFalse) {
  Settings settings = DefaultSettings();
  const Setting& flag = Row("ssl.selfSigned");
  EXPECT_THAT(Assign(settings, flag, "True"), IsOk());
  EXPECT_TRUE(settings.ssl_self_signed);
  for (const std::string_view bad : {"", "yes", "1", "on", "truee", "true "}) {
    EXPECT_THAT(Assign(settings, flag, bad), IsError(Code::kInvalidArgument, "true or false"));
  }
}

TEST(Settings, TextsAreChecked) {
  Settings settings = DefaultSettings();
  EXPECT_THAT(Assign(settings, Row("logLevel"), "debug"), IsOk());
  EXPECT_THAT(Assign(settings, Row("logLevel"), "loud"),
              IsError(Code::kInvalidArgument, "one of debug, info, warn, error, off, not 'loud'"));
  for (const std::string_view good : {"/", "/delta-sharing", "/a/b.c/", "/v1~x_"}) {
    EXPECT_THAT(Assign(settings, Row("endpoint"), good), IsOk()) << good;
  }
  for (const std::string_view bad :
       {"", "delta-sharing", "/a b", "/a?b", "/{x}", "//", "/a//b", "/../x", "/a/./b", "/%41"}) {
    EXPECT_THAT(Assign(settings, Row("endpoint"), bad), IsError(Code::kInvalidArgument)) << bad;
  }
  for (const std::string_view bad : {"", "a b", "http://x", "host/path", "\n"}) {
    EXPECT_THAT(Assign(settings, Row("host"), bad), IsError(Code::kInvalidArgument)) << bad;
  }
  EXPECT_THAT(Assign(settings, Row("host"), "::1"), IsOk());
  EXPECT_THAT(Assign(settings, Row("accessLog"), ""), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Assign(settings, Row("accessLog"), std::string_view("a\0b", 3)),
              IsError(Code::kInvalidArgument, "zero byte"));
}

TEST(Settings, ABadTokenIsNotRepeated) {
  Settings settings = DefaultSettings();
  for (const std::string_view bad : {"secret token", "secret\ttoken", "sécret", ""}) {
    const Status refused = Assign(settings, Row("authorization.bearerToken"), bad);
    ASSERT_THAT(refused, IsError(Code::kInvalidArgument, "authorization.bearerToken"));
    if (bad.empty()) continue;
    EXPECT_THAT(refused.error().message, Not(HasSubstr(std::string(bad))));
  }
  EXPECT_THAT(Assign(settings, Row("authorization.bearerToken"), "secret"), IsOk());
  EXPECT_EQ(settings.bearer_token, "secret");
}

TEST(TakeLive, TakesWhatAppliesAtOnceAndNamesTheRest) {
  Settings running = DefaultSettings();
  Settings wanted = running;
  wanted.bearer_token = "new";
  wanted.public_url = "https://share.example.com";
  wanted.pre_signed_url_timeout = Millis(1000);
  wanted.workers = 3;
  wanted.max_header = KiB(5);
  wanted.endpoint = "/elsewhere";
  EXPECT_THAT(TakeLive(running, wanted),
              ::testing::ElementsAre("endpoint", "workers", "maxHeaderBytes"));
  EXPECT_EQ(running.bearer_token, "new");
  EXPECT_EQ(running.public_url, "https://share.example.com");
  EXPECT_EQ(running.pre_signed_url_timeout, Millis(1000));
  EXPECT_EQ(running.workers, 64U);
  EXPECT_EQ(running.endpoint, "/delta-sharing");
  EXPECT_THAT(TakeLive(running, running), ::testing::IsEmpty());
}

TEST(TakeLive, EveryRowWithATargetEitherAppliesOrWaits) {
  Settings running{};
  Settings wanted = running;
  for (const Setting& setting : AllSettings()) {
    std::visit(
        [&]<class T>(const T& member) {
          if constexpr (std::is_same_v<T, std::string Settings::*>) {
            wanted.*member = "x";
          } else if constexpr (std::is_same_v<T, Millis Settings::*>) {
            wanted.*member = Millis(1);
          } else if constexpr (std::is_same_v<T, ByteCount Settings::*>) {
            wanted.*member = ByteCount{1};
          } else if constexpr (std::is_same_v<T, std::vector<std::string> Settings::*>) {
            wanted.*member = {"x"};
          } else if constexpr (!std::is_same_v<T, std::monostate>) {
            wanted.*member = true;
          }
        },
        setting.target);
  }
  const auto waiting = TakeLive(running, wanted);
  size_t live = 0;
  size_t rows = 0;
  for (const Setting& setting : AllSettings()) {
    if (std::holds_alternative<std::monostate>(setting.target)) continue;
    ++rows;
    if (setting.applies == Applies::kAtOnce) ++live;
  }
  EXPECT_EQ(waiting.size(), rows - live);
  EXPECT_GT(live, 5U);
}

TEST(NearestKey, FindsTypingErrorsAmongTheKeysOfItsGroup) {
  EXPECT_THAT(NearestKey("", "prot"), Optional(std::string("port")));
  EXPECT_THAT(NearestKey("", "Port"), Optional(std::string("port")));
  EXPECT_THAT(NearestKey("", "preSignedUrlTimeout"),
              Optional(std::string("preSignedUrlTimeoutSeconds")));
  EXPECT_THAT(NearestKey("ssl", "certifcateFile"), Optional(std::string("certificateFile")));
  EXPECT_THAT(NearestKey("shares[].schemas[].tables[]", "lokation"),
              Optional(std::string("location")));
}

TEST(NearestKey, FindsAKeyThatStandsInTheWrongPlace) {
  EXPECT_THAT(NearestKey("", "bearerToken"), Optional(std::string("authorization.bearerToken")));
  EXPECT_THAT(NearestKey("ssl", "port"), Optional(std::string("port")));
}

TEST(NearestKey, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(NearestKey("", "zzzzzzzz"), std::nullopt);
  EXPECT_EQ(NearestKey("", ""), std::nullopt);
  EXPECT_EQ(NearestKey("", std::string(1'000'000, 'p')), std::nullopt);
  EXPECT_EQ(NearestKey("no such group", "xq"), std::nullopt);
}

TEST(Shown, IsSafeToPrint) {
  EXPECT_EQ(Shown("a\x1b[31m\nb"), "'a?[31m?b'");
  EXPECT_EQ(Shown(std::string(200, 'x')), "'" + std::string(80, 'x') + "...'");
  EXPECT_EQ(Shown(std::string(79, 'x') + "ü"), "'" + std::string(79, 'x') + "...'");
}

TEST(SettingsText, ThePageInTheDocsIsTheTable) {
  std::ifstream file(SLUICE_SOURCE_DIR "/docs/guide/settings.md");
  std::istringstream rendered(RenderSettingsMarkdown());
  constexpr std::string_view kHint =
      "run: sluice help settings --markdown > docs/guide/settings.md";
  std::string line;
  for (std::string expected; std::getline(rendered, expected);) {
    ASSERT_TRUE(std::getline(file, line)) << "the page lacks: " << expected << "; " << kHint;
    ASSERT_EQ(line, expected) << kHint;
  }
  EXPECT_FALSE(std::getline(file, line)) << "the page has more: " << line << "; " << kHint;
}

TEST(SettingsText, HelpNamesEveryKeyAndFitsATerminal) {
  const std::string text = RenderSettingsText();
  for (const Setting& setting : AllSettings()) {
    EXPECT_THAT(text, HasSubstr(std::string(setting.key)));
  }
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

}  // namespace
}  // namespace sluice::server
