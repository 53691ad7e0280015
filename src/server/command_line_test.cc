#include "server/command_line.h"

#include <sstream>

#include "base/testing/matchers.h"
#include "server/settings.h"

namespace sluice::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;

template <class T>
T Parse(std::vector<std::string> words) {
  Command command = ParseCommandLine(std::move(words));
  if (const auto* error = std::get_if<UsageError>(&command)) {
    if constexpr (!std::is_same_v<T, UsageError>) ADD_FAILURE() << error->text;
  }
  EXPECT_TRUE(std::holds_alternative<T>(command)) << "index " << command.index();
  return std::holds_alternative<T>(command) ? std::get<T>(command) : T{};
}

TEST(CommandLine, Serve) {
  const auto plain = Parse<ServeCommand>({"serve", "--config", "x.yaml"});
  EXPECT_EQ(plain.config_path, "x.yaml");
  EXPECT_EQ(plain.host, std::nullopt);
  EXPECT_EQ(plain.port, std::nullopt);
  EXPECT_EQ(plain.log_level, std::nullopt);
  EXPECT_FALSE(plain.insecure_no_auth);

  const auto full =
      Parse<ServeCommand>({"serve", "--port", "0", "--host=0.0.0.0", "--config=x.yaml",
                           "--log-level", "debug", "--insecure-no-auth"});
  EXPECT_THAT(full.port, Optional(uint16_t{0}));
  EXPECT_THAT(full.host, Optional(std::string("0.0.0.0")));
  EXPECT_THAT(full.log_level, Optional(std::string("debug")));
  EXPECT_TRUE(full.insecure_no_auth);
}

TEST(CommandLine, Check) {
  const auto plain = Parse<CheckCommand>({"check", "--config", "x.yaml"});
  EXPECT_EQ(plain.config_path, "x.yaml");
  EXPECT_FALSE(plain.json);
  EXPECT_FALSE(plain.files);
  EXPECT_TRUE(Parse<CheckCommand>({"check", "--json", "--config", "x.yaml"}).json);
  EXPECT_TRUE(Parse<CheckCommand>({"check", "--files", "--config", "x.yaml"}).files);
}

TEST(CommandLine, MakeTables) {
  EXPECT_EQ(Parse<MakeTablesCommand>({"conformance", "make-tables", "/x"}).dir, "/x");
  const auto lost = Parse<UsageError>({"conformance", "make-tables"});
  EXPECT_THAT(lost.text, HasSubstr("Run 'sluice conformance make-tables --help'"));
  EXPECT_THAT(Parse<PrintCommand>({"conformance", "make-tables", "--help"}).text,
              HasSubstr("sluice conformance make-tables suite"));
}

TEST(CommandLine, Conformance) {
  const auto plain = Parse<ConformanceCommand>({"conformance", "https://h/p", "--token", "t"});
  EXPECT_EQ(plain.url, "https://h/p");
  EXPECT_EQ(plain.token, "t");
  EXPECT_EQ(plain.made, "conformance");
  EXPECT_EQ(plain.request_seconds, 30);
  EXPECT_FALSE(plain.strict);
  EXPECT_FALSE(plain.token_in_url);
  const auto full = Parse<ConformanceCommand>({"conformance", "--profile", "f", "--only", "a.*",
                                               "--share", "s.d", "--strict", "--junit", "x.xml"});
  EXPECT_EQ(full.profile_path, "f");
  EXPECT_EQ(full.only, "a.*");
  EXPECT_EQ(full.made, "s.d");
  EXPECT_TRUE(full.strict);
  EXPECT_EQ(full.junit_path, "x.xml");
  Parse<UsageError>({"conformance", "https://h", "--timeout", "0"});
  Parse<UsageError>({"conformance", "--markdown"});
}

TEST(CommandLine, Demo) {
  const auto plain = Parse<DemoCommand>({"demo"});
  EXPECT_EQ(plain.dir, "sluice-demo");
  EXPECT_EQ(plain.port, 8080);
  EXPECT_FALSE(plain.once);
  const auto full = Parse<DemoCommand>({"demo", "--dir", "/x", "--port", "9000", "--once"});
  EXPECT_EQ(full.dir, "/x");
  EXPECT_EQ(full.port, 9000);
  EXPECT_TRUE(full.once);
}

TEST(CommandLine, MoveCatalog) {
  const auto there = Parse<MoveCatalogCommand>(
      {"move-catalog", "--data", "/x", "--to", "postgresql://db.example.com/sluice"});
  EXPECT_EQ(there.data, "/x");
  EXPECT_EQ(there.to, "postgresql://db.example.com/sluice");
  EXPECT_EQ(Parse<MoveCatalogCommand>({"move-catalog", "--data", "/x", "--to=file"}).to, "file");
  EXPECT_THAT(Parse<UsageError>({"move-catalog", "--data", "/x", "--to", "sluice.db"}).text,
              HasSubstr("postgresql://host/sluice, or: file"));
  EXPECT_THAT(Parse<UsageError>({"move-catalog", "--data", "/x"}).text, HasSubstr("--to"));
}

TEST(CommandLine, Version) {
  for (const char* word : {"--version", "-V", "version"}) Parse<VersionCommand>({word});
}

TEST(CommandLine, HelpOfEachCommandHasExamplesAndTheNextStep) {
  for (const char* name : {"serve", "check", "demo", "conformance", "move-catalog"}) {
    const std::string help = Parse<PrintCommand>({name, "--help"}).text;
    EXPECT_THAT(help, AllOf(HasSubstr("Examples:"), HasSubstr("Next: "), HasSubstr("--")));
    EXPECT_EQ(Parse<PrintCommand>({"help", name}).text, help);
    EXPECT_EQ(Parse<PrintCommand>({name, "-h"}).text, help);
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 104U) << line;
  }
}

TEST(CommandLine, HelpTopics) {
  const std::string overview = Parse<PrintCommand>({"help"}).text;
  EXPECT_EQ(Parse<PrintCommand>({"--help"}).text, overview);
  for (const char* command : {"sluice serve", "sluice check", "sluice demo", "help settings"}) {
    EXPECT_THAT(overview, HasSubstr(command));
  }
  EXPECT_EQ(Parse<PrintCommand>({"help", "settings"}).text, RenderSettingsText());
  EXPECT_EQ(Parse<PrintCommand>({"help", "settings", "--markdown"}).text, RenderSettingsMarkdown());
  EXPECT_THAT(Parse<UsageError>({"help", "setings"}).text, HasSubstr("did you mean 'settings'?"));
  EXPECT_THAT(Parse<UsageError>({"help", "settings", "--html"}).text, HasSubstr("--markdown"));
}

TEST(CommandLine, WithoutACommandItSaysWhatThereIs) {
  EXPECT_THAT(Parse<UsageError>({}).text, HasSubstr("sluice serve --config"));
}

TEST(CommandLine, AnUnknownCommandNamesTheNearest) {
  EXPECT_THAT(Parse<UsageError>({"sevre"}).text,
              AllOf(HasSubstr("unknown command 'sevre'"), HasSubstr("did you mean 'serve'?")));
  EXPECT_THAT(Parse<UsageError>({"--config", "x"}).text, HasSubstr("unknown option '--config'"));
  EXPECT_THAT(Parse<UsageError>({""}).text, HasSubstr("unknown command ''"));
}

TEST(CommandLine, WrongOptionsSayWhatIsAllowedAndWhereHelpIs) {
  const auto text = [](std::vector<std::string> words) {
    return Parse<UsageError>(std::move(words)).text;
  };
  EXPECT_THAT(text({"serve"}), AllOf(HasSubstr("--config"), HasSubstr("sluice serve --help")));
  EXPECT_THAT(text({"check"}), HasSubstr("--config"));
  EXPECT_THAT(text({"serve", "--config"}), HasSubstr("--config"));
  EXPECT_THAT(text({"serve", "--config", "a", "--config", "b"}), HasSubstr("--config"));
  EXPECT_THAT(text({"serve", "--config", "a", "b"}), HasSubstr("b"));
  EXPECT_THAT(text({"serve", "--config", "a", "--prot", "1"}), HasSubstr("--prot"));
  for (const char* port : {"65536", "-1", "http", "", "80x", "0x50"}) {
    EXPECT_THAT(text({"serve", "--config", "a", "--port", port}),
                HasSubstr("whole number from 0 to 65535"));
    EXPECT_THAT(text({"demo", "--port", port}), HasSubstr("whole number from 0 to 65535"));
  }
  EXPECT_THAT(text({"serve", "--config", "a", "--log-level", "loud"}),
              HasSubstr("one of debug, info, warn, error, off"));
  EXPECT_THAT(text({"serve", "--config", "a", "--host", "a b"}), HasSubstr("host"));
}

}  // namespace
}  // namespace sluice::server
