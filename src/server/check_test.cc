#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "base/testing/matchers.h"
#include "server/commands.h"

namespace sluice::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;

constexpr std::string_view kLog =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
{"metaData":{"id":"m","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}
{"add":{"path":"a.parquet","partitionValues":{},"size":100,"modificationTime":1,"dataChange":true}}
{"add":{"path":"b.parquet","partitionValues":{},"size":24,"modificationTime":1,"dataChange":true}}
)";

class CheckTest : public ::testing::Test {
 protected:
  CheckTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~CheckTest() override { std::filesystem::remove_all(dir_); }

  void WriteTable(std::string_view name, std::string_view log) {
    const auto folder = dir_ / name / "_delta_log";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "00000000000000000000.json") << log;
  }
  // `tables` are flow mappings without the braces; `more` are lines of the file.
  CheckCommand Config(const std::vector<std::string>& tables, std::string_view more = {}) {
    const auto path = dir_ / "sluice.yaml";
    std::ofstream file(path);
    file << "version: 1\nauthorization: {bearerToken: t}\n" << more;
    file << "shares:\n- name: a\n  schemas:\n  - name: s\n    tables:\n";
    for (const std::string& table : tables) file << "    - {" << table << "}\n";
    return {.config_path = path.string()};
  }
  std::string At(std::string_view name) { return (dir_ / name).string(); }

  int Run(const CheckCommand& command) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int exit_code = RunCheck(command);
    std::fflush(stdout);
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    return exit_code;
  }
  json::Object RunJson(CheckCommand command, int exit_code) {
    command.json = true;
    EXPECT_EQ(Run(command), exit_code);
    EXPECT_EQ(err_, "");
    auto parsed = json::Parse(out_);
    EXPECT_THAT(parsed, IsOk()) << out_;
    return parsed.has_value() ? parsed->as_object() : json::Object{};
  }

  std::filesystem::path dir_;
  std::string out_;
  std::string err_;
};

TEST_F(CheckTest, ReadsEveryTable) {
  WriteTable("orders", kLog);
  const json::Object root = RunJson(Config({"name: orders, location: " + At("orders")}), 0);
  EXPECT_EQ(root.at("good"), true);
  const json::Value& table = root.at("tables").as_array().at(0);
  EXPECT_EQ(table.at("table"), "orders");
  EXPECT_EQ(table.at("version"), 0);
  EXPECT_EQ(table.at("files"), 2);
  EXPECT_EQ(table.at("bytes"), 124);
  EXPECT_EQ(table.at("formats"), (json::Array{"parquet", "delta"}));
}

// Only here may the path be told: the operator has to know which folder to name.
TEST_F(CheckTest, AFileThatNoExternalLocationCoversIsNamed) {
  std::string log(kLog);
  log.replace(log.find("a.parquet"), 9, "file:/data/source/a.parquet");
  WriteTable("clone", log);
  const std::string table = "name: clone, location: " + At("clone");
  const json::Object refused = RunJson(Config({table}), 1);
  EXPECT_EQ(refused.at("good"), false);
  EXPECT_THAT(std::string(refused.at("tables").as_array().at(0).at("error").as_string()),
              AllOf(HasSubstr("does not cover"), HasSubstr("file:/data/source/a.parquet")));
  const json::Object covered = RunJson(Config({table}, "externalLocations: [/data/source]\n"), 0);
  EXPECT_EQ(covered.at("tables").as_array().at(0).at("files"), 2);
}

TEST_F(CheckTest, ForPeopleThereIsATableAndTheNextStep) {
  WriteTable("orders", kLog);
  EXPECT_EQ(Run(Config({"name: orders, location: " + At("orders")}, "deltaTableCacheSize: 5\n")),
            0);
  EXPECT_THAT(out_, AllOf(HasSubstr("a.s.orders"), HasSubstr("Next: sluice serve")));
  EXPECT_THAT(err_, HasSubstr("warning: " + At("sluice.yaml") + ":3: 'deltaTableCacheSize'"));
}

TEST_F(CheckTest, ATableThatCannotBeReadIsNamedAndTheOthersAreRead) {
  WriteTable("orders", kLog);
  WriteTable("broken", "{\"protocol\":");
  const json::Object root = RunJson(
      Config({"name: gone, location: " + At("gone"), "name: broken, location: " + At("broken"),
              "name: later, location: " + At("orders") + ", startVersion: 3",
              "name: orders, location: " + At("orders")}),
      1);
  const json::Array& tables = root.at("tables").as_array();
  ASSERT_EQ(tables.size(), 4U);
  EXPECT_FALSE(tables[0].at("error").as_string().empty());
  EXPECT_FALSE(tables[1].at("error").as_string().empty());
  EXPECT_EQ(tables[2].at("error"), "startVersion is 3, but the latest version is 0");
  EXPECT_FALSE(tables[3].as_object().contains("error"));
}

// Without --files nobody asks whether they are there.
TEST_F(CheckTest, FilesAreLookedAtWhenAskedFor) {
  WriteTable("orders", kLog);
  const auto write = [&](std::string_view name, size_t size) {
    std::ofstream(dir_ / "orders" / name) << std::string(size, 'x');
  };
  write("a.parquet", 100);
  write("b.parquet", 23);
  const std::string location = ", location: " + At("orders");
  CheckCommand command = Config({"name: orders" + location, "name: again" + location});
  EXPECT_EQ(RunJson(command, 0).at("good"), true);

  command.files = true;
  const json::Object root = RunJson(command, 1);
  EXPECT_EQ(root.at("good"), false);
  for (const json::Value& table : root.at("tables").as_array()) {
    const json::Value& found = table.at("checkedFiles");
    EXPECT_EQ(found.at("dataFiles"), 2);
    EXPECT_EQ(found.at("faults"), 1);
    EXPECT_EQ(found.at("firstFaults").at(0).at("path"), "b.parquet");
  }
  EXPECT_EQ(Run(command), 1);
  EXPECT_THAT(out_, HasSubstr("  b.parquet: has 23 bytes; the log says 24\n"));

  write("b.parquet", 24);
  EXPECT_EQ(Run(command), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("the files are as the logs say"), HasSubstr("Next:")));
}

TEST_F(CheckTest, ABadFileHasExitCodeTwoAndALineForEachProblem) {
  const CheckCommand command = Config({"name: t, lokation: /x"}, "prot: 1\n");
  EXPECT_EQ(Run(command), 2);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_,
              AllOf(HasSubstr("did you mean 'port'?\n"), HasSubstr("did you mean 'location'")));
  const json::Object root = RunJson(command, 2);
  EXPECT_EQ(root.at("problems").as_array().size(), 3U);
  EXPECT_EQ(root.at("tables").as_array().size(), 0U);
}

TEST_F(CheckTest, NoFile) {
  EXPECT_EQ(Run({.config_path = At("none.yaml")}), 2);
  EXPECT_THAT(err_, HasSubstr("none.yaml: cannot be read: No such file or directory"));
}

TEST_F(CheckTest, FilesThatTheConfigurationNamesMustBeThere) {
  WriteTable("orders", kLog);
  const std::string table = "name: orders, location: " + At("orders");
  EXPECT_EQ(Run(Config({table}, "masterKeyFile: " + At("key") + "\n")), 2);
  EXPECT_THAT(err_, HasSubstr("masterKeyFile: "));
  EXPECT_EQ(Run(Config({table}, "ssl: {certificateFile: " + At("c.pem") +
                                    ", certificateKeyFile: " + At("k.pem") + "}\n")),
            2);
  EXPECT_THAT(err_, AllOf(HasSubstr("c.pem: cannot be read"), HasSubstr("k.pem: cannot be read")));
}

TEST_F(CheckTest, WithoutATokenOnlyWhenSaid) {
  const std::string path = At("open.yaml");
  std::ofstream(path) << "version: 1\nshares: []\n";
  EXPECT_EQ(Run({.config_path = path}), 2);
  EXPECT_EQ(Run({.config_path = path, .insecure_no_auth = true}), 0);
}

}  // namespace
}  // namespace sluice::server
