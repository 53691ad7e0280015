#include "server/check_files.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/testing/matchers.h"
#include "delta/snapshots.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"
#include "delta/testing/vector_writer.h"
#include "storage/testing/memory_store.h"

namespace sluice::server {
namespace {

using delta::DeletionVector;
using delta::testing::VectorFile;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kKey = "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";

// A table whose log lies in a folder, and whose files lie in a store that tells what it was asked.
class CheckFilesTest : public ::testing::Test {
 protected:
  // The line of a file with ten rows.
  static std::string Add(std::string_view path, int64_t size, const DeletionVector& vector) {
    return fmt::format(
        R"({{"add":{{"path":"{}","partitionValues":{{}},"size":{},"modificationTime":5,)"
        R"("dataChange":true,"stats":"{{\"numRecords\":10}}","deletionVector":{{)"
        R"("storageType":"{}","pathOrInlineDv":"{}",{}"sizeInBytes":{},"cardinality":{}}}}}}})",
        path, size, vector.storage_type, vector.path_or_inline,
        vector.offset.has_value() ? fmt::format(R"("offset":{},)", *vector.offset) : "",
        vector.size_in_bytes, vector.cardinality);
  }
  void Put(std::string_view path, size_t size) { store_.Put(path, std::string(size, 'x')); }

  FilesReport Check(std::vector<std::string> adds) {
    adds.insert(adds.begin(), delta::testing::ProtocolLine(3, 7, R"(["deletionVectors"])"));
    adds.insert(adds.begin() + 1, std::string(delta::testing::kMetadataLine));
    table_.Commit(0, adds);
    const auto snapshot = snapshots_.Latest(table_.location()).value();
    const auto open = [this](const std::string& /*location*/) {
      return std::shared_ptr<const storage::ObjectStore>(&store_, [](const auto* /*kept*/) {});
    };
    return CheckTableFiles(*snapshot, {table_.location(), external_, open},
                           [this](std::string_view what, uint64_t done, uint64_t total) {
                             progress_.push_back(fmt::format("{} {}/{}", what, done, total));
                           });
  }

  delta::testing::TestTable table_;
  storage::testing::MemoryStore store_;
  VectorFile vectors_{"^-aqEH.-t@S}K{vb[*k^"};
  std::vector<std::string> progress_;

  delta::ExternalLocations external_;
  delta::testing::LineCheckpointReader reader_;
  SystemClock clock_;
  Metrics metrics_;
  SecureRandom random_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  delta::Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
};

TEST_F(CheckFilesTest, AsksForEachFileOnce) {
  Put("a.parquet", 7);
  Put("b c.parquet", 8);
  Put("d.parquet", 9);
  const DeletionVector first = vectors_.Add({1, 2, 3});
  const DeletionVector second = vectors_.Add({9});
  const DeletionVector inline_one{'i', "^Bg9^0rr910000000000iXQKl0rr91000005c8Xg##093", {}, 34, 1};
  store_.Put(kKey, vectors_.bytes());
  const FilesReport report = Check({Add("a.parquet", 7, first), Add("b%20c.parquet", 8, second),
                                    Add("d.parquet", 9, inline_one)});
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.data_files, 3U);
  EXPECT_EQ(report.deletion_vectors, 3U);
  EXPECT_EQ(report.vector_files, 1U);
  EXPECT_EQ(report.deleted_rows, 5U);
  EXPECT_THAT(store_.TakeRequests(),
              UnorderedElementsAre("head a.parquet", "head b c.parquet", "head d.parquet",
                                   "read " + std::string(kKey)));
  EXPECT_THAT(progress_, ElementsAre("data files 3/3", "files of deletion vectors 0/1"));
}

// What is wrong is told of each file, in their order.
TEST_F(CheckFilesTest, NamesWhatIsWrong) {
  for (const char* path : {"b", "c", "d", "e", "f", "g", "h"}) Put(path, 100);
  const DeletionVector good = vectors_.Add({1});
  const DeletionVector flipped = vectors_.Add({2, 3});
  const size_t last_bit = vectors_.bytes().size() - 5;
  const DeletionVector beyond = vectors_.Add({10});
  DeletionVector miscounted = vectors_.Add({4, 5, 6});
  miscounted.cardinality = 2;
  std::string bytes = vectors_.bytes();
  bytes[last_bit] = static_cast<char>(bytes[last_bit] ^ 1);
  store_.Put(kKey, bytes);
  const DeletionVector broken{'i', "^Bg9^0rr910000000000iXQKl0rr91000005c8Xg00000", {}, 36, 1};
  DeletionVector gone = good;
  gone.path_or_inline = "ab" + good.path_or_inline;

  const FilesReport report =
      Check({Add("a", 100, good), Add("b", 101, good), Add("c", 100, flipped),
             Add("d", 100, beyond), Add("e", 100, miscounted), Add("f", 100, broken),
             Add("g", 100, gone), delta::testing::AddLine("h", 99)});
  std::vector<std::string> faults;
  for (const FileFault& fault : report.first_faults) {
    faults.push_back(fault.path + ": " + fault.what);
  }
  EXPECT_EQ(report.faults, 8U);
  EXPECT_EQ(report.deletion_vectors, 7U);
  EXPECT_EQ(report.vector_files, 2U);
  EXPECT_EQ(report.deleted_rows, 2U);
  EXPECT_THAT(
      faults,
      ElementsAre("a: is missing", "b: has 100 bytes; the log says 101",
                  HasSubstr("f: the deletion vector of a file is broken: "),
                  "h: has 100 bytes; the log says 99",
                  HasSubstr("g: ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin:"
                            " the file of its deletion vector is missing"),
                  HasSubstr("its checksum does not match"),
                  HasSubstr("it names rows that the file does not have"),
                  HasSubstr("it has another number of rows than the log says")));
}

TEST_F(CheckFilesTest, OnlyTheFirstFaultsAreKept) {
  std::vector<std::string> adds;
  for (int i = 0; i < 2345; ++i) adds.push_back(delta::testing::AddLine(fmt::format("{:05}", i)));
  const FilesReport report = Check(adds);
  EXPECT_EQ(report.faults, 2345U);
  ASSERT_EQ(report.first_faults.size(), 20U);
  EXPECT_EQ(report.first_faults[19].path, "00019");
  EXPECT_THAT(progress_,
              ElementsAre("data files 1000/2345", "data files 2000/2345", "data files 2345/2345"));
}

TEST_F(CheckFilesTest, AVectorFileTooLargeToKeepIsReadInParts) {
  Put("a", 1);
  vectors_.Skip(MiB(17).value);
  const DeletionVector far = vectors_.Add({1, 2});
  store_.Put(kKey, vectors_.bytes());
  const FilesReport report = Check({Add("a", 1, far)});
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.deleted_rows, 2U);
}

// A store that fails says nothing about the files, and is not asked for all the others.
TEST_F(CheckFilesTest, AStoreThatFailsEndsIt) {
  store_.parallel = 1;
  store_.before = [](const std::string&) -> Status {
    return Fail(Code::kUnavailable, "the store failed", "host:9000");
  };
  const FilesReport report = Check({Add("a", 1, vectors_.Add({1})), delta::testing::AddLine("b")});
  EXPECT_EQ(report.stopped, "the store failed (host:9000)");
  EXPECT_FALSE(report.good());
  EXPECT_THAT(report.first_faults, IsEmpty());
  EXPECT_EQ(store_.TakeRequests().size(), 1U);
}

TEST_F(CheckFilesTest, AStoreThatFailsOnVectorsEndsIt) {
  Put("a", 1);
  store_.before = [](const std::string& request) -> Status {
    if (request.starts_with("head")) return {};
    return Fail(Code::kUnavailable, "the store failed");
  };
  const FilesReport report = Check({Add("a", 1, vectors_.Add({1}))});
  EXPECT_EQ(report.stopped, "the store failed");
  EXPECT_EQ(report.data_files, 1U);
  EXPECT_EQ(report.faults, 0U);
}

TEST_F(CheckFilesTest, ARefusalIsAFaultOfTheFile) {
  Put("b", 1);
  store_.before = [](const std::string& request) -> Status {
    if (request == "head b") return {};
    return Fail(Code::kPermissionDenied, "the store refuses us");
  };
  const FilesReport report = Check({Add("a", 1, vectors_.Add({1})), delta::testing::AddLine("b")});
  ASSERT_EQ(report.first_faults.size(), 2U);
  EXPECT_EQ(report.first_faults[0].what, "the store refuses us");
  EXPECT_EQ(report.first_faults[1].what, std::string(kKey) + ": the store refuses us");
}

}  // namespace
}  // namespace sluice::server
