#include "conformance/make_tables.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/testing/matchers.h"
#include "conformance/made_rows.h"
#include "conformance/received_rows.h"
#include "delta/deletion_vector_reader.h"
#include "delta/snapshots.h"
#include "storage/testing/temp_folder.h"

namespace sluice::conformance {
namespace {

namespace fs = std::filesystem;
using testing::IsError;
using testing::IsOk;

// Files that have no more to say than their number.
constexpr std::string_view kTooMany = "many_files";

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return (std::ostringstream() << in.rdbuf()).str();
}

// All tables, made once for all tests, and what reads them.
struct Made {
  storage::testing::TempFolder folder;
  engine::Engine engine{{GiB(1), 2, {}}};
  SystemClock clock;
  Metrics metrics;
  SecureRandom random;
  storage::Stores stores{{clock, random, metrics}};
  delta::Snapshots snapshots{stores, engine.checkpoint_reader(), clock, metrics, {}};
  Status status = MakeTables(engine, folder / "made");

  fs::path Place(const MadeTable& table) const { return folder / "made" / "tables" / table.name; }
};

class MakeTablesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { made_ = std::make_unique<Made>(); }
  static void TearDownTestSuite() { made_.reset(); }
  void SetUp() override { ASSERT_THAT(made_->status, IsOk()); }

  static ReceivedFile Received(const MadeTable& table, std::string_view path,
                               std::string_view partition_values,
                               const delta::DeletionVector* vector) {
    const fs::path place = made_->Place(table);
    ReceivedFile file{.path = (place / PercentDecode(path).value()).string()};
    file.partition_values = json::Parse(partition_values).value().as_object();
    if (vector == nullptr) return file;
    const auto store = made_->snapshots.Store(place.string()).value();
    const auto rows = delta::ReadDeletedRows(*store, *vector, std::nullopt).value();
    auto cursor = rows.Rows();
    while (const auto row = cursor.Next()) file.deleted.push_back(*row);
    return file;
  }

  static std::vector<ReceivedFile> FilesAt(const MadeTable& table, delta::Version version) {
    std::vector<ReceivedFile> files;
    const auto snapshot = made_->snapshots.At(made_->Place(table).string(), version).value();
    delta::FileCursor cursor = snapshot->Files();
    while (const delta::FileEntry* entry = cursor.Next().value()) {
      files.push_back(
          Received(table, entry->path, entry->partition_values, entry->deletion_vector));
    }
    return files;
  }

  static std::optional<std::string> DifferenceAt(const MadeTable& table, delta::Version version,
                                                 const std::vector<ReceivedFile>& files) {
    return Difference(made_->engine, RowsSql(table, version), ReceivedRowsSql(table, files))
        .value();
  }

  static std::unique_ptr<Made> made_;
};
std::unique_ptr<Made> MakeTablesTest::made_;

TEST_F(MakeTablesTest, EachVersionHasTheRowsThatTheSuiteExpects) {
  for (const auto& table : MadeTables()) {
    if (table.name == kTooMany) continue;
    const auto first = std::max<delta::Version>(table.checkpoint_version, 0);
    for (delta::Version version = first; version <= table.Latest(); ++version) {
      EXPECT_EQ(DifferenceAt(table, version, FilesAt(table, version)), std::nullopt)
          << table.name << " " << version;
    }
  }
}

TEST_F(MakeTablesTest, TablesAreNotEmptyByChance) {
  const auto count = [&](std::string_view table) {
    const MadeTable& found = *FindMadeTable(table);
    const auto answer =
        made_->engine.Query("SELECT count(*) FROM (" + RowsSql(found, found.Latest()) + ")");
    return answer.value().rows.at(0).at(0).value();
  };
  EXPECT_EQ(count("plain"), "109");
  EXPECT_EQ(count("empty"), "0");
  EXPECT_EQ(count("partitioned"), "45");
  EXPECT_EQ(count("history"), "15");
  EXPECT_EQ(count("deletion_vectors"), "100");
  EXPECT_EQ(count("checkpointed"), "50");
}

TEST_F(MakeTablesTest, ManyFilesAreMany) {
  const MadeTable& table = *FindMadeTable(kTooMany);
  const auto latest = made_->snapshots.Latest(made_->Place(table).string());
  ASSERT_THAT(latest, IsOk());
  EXPECT_EQ((*latest)->num_files(), 2500U);
}

TEST_F(MakeTablesTest, VersionsAreADayApart) {
  const std::string place = made_->Place(*FindMadeTable("history")).string();
  EXPECT_EQ(made_->snapshots.VersionAt(place, MadeTime(3)).value(), 3);
  EXPECT_EQ(made_->snapshots.VersionAt(place, MadeTime(3) - Millis(1)).value(), 2);
}

TEST_F(MakeTablesTest, CommitsBeforeTheCheckpointAreGone) {
  const std::string place = made_->Place(*FindMadeTable("checkpointed")).string();
  EXPECT_THAT(made_->snapshots.At(place, 3), IsError(Code::kInvalidArgument));
  EXPECT_EQ(made_->snapshots.Latest(place).value()->version(), 5);
}

TEST_F(MakeTablesTest, ChangesAreThoseThatTheSuiteExpects) {
  const MadeTable& table = *FindMadeTable("cdf");
  const auto feed = made_->snapshots.OpenChanges(made_->Place(table).string(), 0, std::nullopt,
                                                 delta::Changes::kRows, {});
  ASSERT_THAT(feed, IsOk());
  std::vector<ReceivedFile> files;
  while (const delta::CommitChanges* commit = (*feed)->Next().value()) {
    for (const auto& [kind, stored] : commit->files) {
      ReceivedFile file{
          .path = (made_->Place(table) / (stored.path.empty() ? stored.key_path : stored.path))
                      .string()};
      if (kind == delta::FileChangeKind::kAdd) file.change_type = "insert";
      if (kind == delta::FileChangeKind::kRemove) file.change_type = "delete";
      file.version = commit->version;
      files.push_back(std::move(file));
    }
  }
  EXPECT_EQ(files.size(), 6U);
  const auto difference = [&](delta::Version first, delta::Version last) {
    return Difference(made_->engine, ChangesSql(table, first, last),
                      ReceivedChangesSql(table, files))
        .value();
  };
  EXPECT_EQ(difference(0, 6), std::nullopt);
  EXPECT_NE(difference(0, 5), std::nullopt);
  EXPECT_NE(difference(2, 6), std::nullopt);
}

TEST_F(MakeTablesTest, DifferencesAreFound) {
  const MadeTable& partitioned = *FindMadeTable("partitioned");
  auto files = FilesAt(partitioned, 0);
  auto fewer = files;
  fewer.pop_back();
  EXPECT_THAT(DifferenceAt(partitioned, 0, fewer),
              ::testing::Optional(::testing::HasSubstr("5 rows are missing, for example")));
  auto twice = files;
  twice.push_back(files.front());
  EXPECT_THAT(DifferenceAt(partitioned, 0, twice),
              ::testing::Optional(::testing::StartsWith("5 rows should not be there")));
  files.front().partition_values["city"] = "Rome";
  EXPECT_THAT(DifferenceAt(partitioned, 0, files),
              ::testing::Optional(::testing::HasSubstr("missing")));

  const MadeTable& vectors = *FindMadeTable("deletion_vectors");
  auto undeleted = FilesAt(vectors, 2);
  for (auto& file : undeleted) file.deleted.clear();
  EXPECT_THAT(DifferenceAt(vectors, 2, undeleted),
              ::testing::Optional(::testing::StartsWith("5 rows should not be there")));
  EXPECT_THAT(DifferenceAt(vectors, 2, FilesAt(*FindMadeTable("plain"), 0)),
              ::testing::Optional(::testing::HasSubstr("missing")));
  made_->folder.Write("text.parquet", "this is no Parquet");
  made_->folder.Write("cut.parquet", ReadAll(files.back().path).substr(0, 100));
  for (const std::string path : {"text.parquet", "cut.parquet", "nowhere.parquet"}) {
    EXPECT_THAT(DifferenceAt(partitioned, 0, {{.path = (made_->folder / path).string()}}),
                ::testing::Optional(::testing::StartsWith("a file cannot be read")));
  }
}

TEST_F(MakeTablesTest, WritesTheSameBytesAgain) {
  const fs::path again = made_->folder / "again";
  ASSERT_THAT(MakeTables(made_->engine, again), IsOk());
  const fs::path first = made_->folder / "made";
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(first)) {
    if (!entry.is_regular_file() || entry.path().filename() == "sluice.yaml") continue;
    const fs::path other = again / fs::relative(entry.path(), first);
    EXPECT_EQ(ReadAll(entry.path()), ReadAll(other)) << entry.path();
    if (entry.path().parent_path().filename() == "_delta_log" &&
        entry.path().extension() == ".json") {
      EXPECT_EQ(fs::last_write_time(entry.path()), fs::last_write_time(other)) << entry.path();
    }
    ++files;
  }
  EXPECT_GT(files, 2500U);
}

TEST_F(MakeTablesTest, RefusesAFolderThatHoldsSomething) {
  const Status again = MakeTables(made_->engine, made_->folder / "made");
  EXPECT_THAT(again, IsError(Code::kAlreadyExists));
  EXPECT_THAT(again.error().message, ::testing::HasSubstr("not empty"));
}

TEST_F(MakeTablesTest, ConfigurationsNameEachTable) {
  for (const auto& table : MadeTables()) {
    const std::string line = fmt::format("/tables/{}\"\n{}", table.name,
                                         table.history_shared ? "      historyShared: true" : "");
    EXPECT_THAT(MadeSluiceConfig("/x"), ::testing::HasSubstr("\"/x" + line));
    EXPECT_THAT(MadeReferenceConfig(), ::testing::HasSubstr(line));
    EXPECT_THAT(MadeReadme(), ::testing::HasSubstr("| `" + table.name + "` |"));
  }
}

}  // namespace
}  // namespace sluice::conformance
